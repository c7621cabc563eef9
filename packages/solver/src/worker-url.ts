declare const RESTOW_BUNDLED: boolean | undefined;

/** In a bundle the worker is the bundle's own entry, beside this chunk, which sees what it was started for. */
export function workerUrl(): URL {
  return new URL(typeof RESTOW_BUNDLED === 'undefined' ? './worker.ts' : './restow.js', import.meta.url);
}
