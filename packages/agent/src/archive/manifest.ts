import { createHash } from 'node:crypto';
import { open, readdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

const VERSION = 1;
/** Hashed one by one, so that the shim can check a large file with all cores. */
const PIECE_BYTES = 8 * 2 ** 20;
const NAME = 'manifest.json';

export interface ManifestFile {
  /** Relative to the archive. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Of each piece, in hex. */
  readonly sha256: readonly string[];
}

/** Lists everything in a container's archive with sizes and digests, as the shim checks it (`shim/manifest.go`). */
export async function writeManifest(folder: string): Promise<readonly ManifestFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => path !== NAME)
    .sort();
  const files: ManifestFile[] = [];
  for (const path of paths) files.push(await describe(folder, path));
  const manifest = { version: VERSION, pieceBytes: PIECE_BYTES, files };
  await writeFile(join(folder, NAME), JSON.stringify(manifest), { mode: 0o600 });
  return files;
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
