export { type ManifestFile, writeManifest } from './archive/manifest.ts';
export { NodeState, type Ticket } from './state/tickets.ts';
