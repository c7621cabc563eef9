import { serveWorker } from './serve-worker.ts';

// What `planInWorker` starts; in a bundle the bundle's own entry does the same.
await serveWorker();
