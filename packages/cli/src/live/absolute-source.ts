import { resolve } from 'node:path';

/** A source of prices that is found from wherever a run is gone on with. */
export function absoluteSource(source: string): string {
  return source.startsWith('file:') ? `file:${resolve(source.slice('file:'.length))}` : source;
}
