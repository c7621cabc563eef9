import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';

export const MANIFEST = 'manifest.json';

/** Everything in a container's archive but its manifest, in one order; the same for whoever reads it. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => path !== MANIFEST)
    .sort();
}
