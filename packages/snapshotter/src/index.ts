export type { ClusterChoice } from '@restow/kube';
export { anonymise } from './anonymise.ts';
export { kubectlCommands } from './kubectl-command.ts';
export { liveSnapshot } from './live-snapshot.ts';
export { LiveView } from './live-view.ts';
export { loadSnapshot, type NamedDocument, snapshotOf } from './load-snapshot.ts';
export { readBytes, readDocument } from './read-document.ts';
