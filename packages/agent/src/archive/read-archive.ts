import { webcrypto } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { filesIn, MANIFEST } from './files.ts';
import { type ManifestFile, PIECE_BYTES, writeManifestOf } from './manifest.ts';

/** In front of each file: its header's length, then the header as JSON, then so many raw bytes. */
export const LENGTH_BYTES = 4;

/**
 * The containers' archives as one stream. Each file is hashed while it flows, so that the manifests, which come last, vouch
 * for what was read and not for what is read again. Without them nothing is restored: they wait until `mayBeRestored`.
 */
export async function* readArchive(
  folder: string,
  containers: readonly string[],
  mayBeRestored: () => Promise<void>,
): AsyncGenerator<Buffer> {
  const manifests: { readonly container: string; readonly files: readonly ManifestFile[] }[] = [];
  for (const container of containers) {
    const files: ManifestFile[] = [];
    for (const path of await filesIn(join(folder, container))) {
      files.push(yield* readFileOf(folder, container, path));
    }
    manifests.push({ container, files });
  }
  await mayBeRestored();
  for (const { container, files } of manifests) {
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
    const sha256: Promise<string>[] = [];
    for (let at = 0; at < size; at += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES, size - at);
      const piece = Buffer.allocUnsafeSlow(length);
      const { bytesRead } = await file.read(piece, 0, length, at);
      if (bytesRead !== length) throw new Error(`${path} became shorter while it was read`);
      sha256.push(digestOf(piece));
      yield piece;
    }
    return { path, sizeBytes: size, sha256: await Promise.all(sha256) };
  } finally {
    await file.close();
  }
}

/** In a thread of its own, while the piece is on its way. */
async function digestOf(piece: Buffer<ArrayBuffer>): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', piece)).toString('hex');
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
