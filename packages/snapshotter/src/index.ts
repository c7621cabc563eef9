export { anonymise } from './anonymise.ts';
export { kubectlCommands } from './kubectl-command.ts';
export { loadSnapshot } from './load-snapshot.ts';
export { readBytes, readDocument } from './read-document.ts';
