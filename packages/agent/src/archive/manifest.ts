import { createHash } from 'node:crypto';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesIn, MANIFEST } from './files.ts';

const VERSION = 1;
/** Hashed one by one, so that the shim can check a large file with all cores. */
export const PIECE_BYTES = 4 * 2 ** 20;

export interface ManifestFile {
  /** Relative to the archive. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Of each piece, in hex. */
  readonly sha256: readonly string[];
}

/** Lists everything in a container's archive with sizes and digests, as the shim checks it (`shim/manifest.go`). */
export async function writeManifest(folder: string): Promise<readonly ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const path of await filesIn(folder)) files.push(await describe(folder, path));
  await writeFile(join(folder, MANIFEST), manifestOf(files), { mode: 0o600 });
  return files;
}

/** As the shim reads it. */
export function manifestOf(files: readonly ManifestFile[]): Buffer {
  return Buffer.from(JSON.stringify({ version: VERSION, pieceBytes: PIECE_BYTES, files }));
}

async function describe(folder: string, path: string): Promise<ManifestFile> {
  const file = await open(join(folder, path));
  try {
    const { size } = await file.stat();
    const sha256: string[] = [];
    const buffer = Buffer.allocUnsafe(Math.min(size, PIECE_BYTES));
    for (let at = 0; at < size; at += PIECE_BYTES) {
      const { bytesRead } = await file.read(buffer, 0, Math.min(PIECE_BYTES, size - at), at);
      sha256.push(createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex'));
    }
    return { path, sizeBytes: size, sha256 };
  } finally {
    await file.close();
  }
}
