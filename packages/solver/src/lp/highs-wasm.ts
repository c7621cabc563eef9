import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** The bytes of HiGHS; a bundle replaces this module by one that carries them. */
export async function readHighsWasm(): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(createRequire(import.meta.url).resolve('highs/runtime')));
}
