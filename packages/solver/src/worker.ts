import module from 'node:module';

// What `planInWorker` starts; in a bundle the bundle's own entry does the same.
module.enableCompileCache();
const { serveWorker } = await import('./serve-worker.ts');
await serveWorker();
