import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { filesIn, MANIFEST } from './files.ts';
import { type ManifestFile, PIECE_BYTES, writeManifestOf } from './manifest.ts';

/** In front of each file: its header's length, then the header as JSON, then so many raw bytes. */
export const LENGTH_BYTES = 4;

/**
 * The containers' archives as one stream. Each file is hashed while it flows, so that its container's manifest, which
 * comes last, vouches for what was read and not for what is read again.
 */
export async function* readArchive(folder: string, containers: readonly string[]): AsyncGenerator<Buffer> {
  for (const container of containers) {
    const files: ManifestFile[] = [];
    for (const path of await filesIn(join(folder, container))) {
      files.push(yield* readFileOf(folder, container, path));
    }
    const manifest = await writeManifestOf(join(folder, container), files);
    yield headerOf(join(container, MANIFEST), manifest.length);
    yield manifest;
  }
}

async function* readFileOf(folder: string, container: string, path: string): AsyncGenerator<Buffer, ManifestFile> {
  const file = await open(join(folder, container, path));
  try {
    const { size } = await file.stat();
    yield headerOf(join(container, path), size);
    const sha256: string[] = [];
    for (let at = 0; at < size; at += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES, size - at);
      const piece = Buffer.allocUnsafeSlow(length);
      const { bytesRead } = await file.read(piece, 0, length, at);
      if (bytesRead !== length) throw new Error(`${path} became shorter while it was read`);
      sha256.push(createHash('sha256').update(piece).digest('hex'));
      yield piece;
    }
    return { path, sizeBytes: size, sha256 };
  } finally {
    await file.close();
  }
}

function headerOf(path: string, sizeBytes: number): Buffer {
  const header = Buffer.from(JSON.stringify({ path, sizeBytes }));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(header.length);
  return Buffer.concat([length, header]);
}

/** What came of a stream that was broken off is memory of a process, too. */
export async function discardArchive(folder: string, containers: readonly string[]): Promise<void> {
  for (const container of containers) await rm(join(folder, container), { recursive: true, force: true });
}
