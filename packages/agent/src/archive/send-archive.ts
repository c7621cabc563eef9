import { hash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { filesIn, MANIFEST } from './files.ts';
import { type ManifestFile, PIECE_BYTES, writeManifestOf } from './manifest.ts';
import { PieceBuffers } from './piece-buffers.ts';
import { packPiece } from './zero-pages.ts';

/** In front of each file: its header's length, then the header as JSON; then its pieces, without what is zero. */
export const LENGTH_BYTES = 4;

export interface ArchiveSink {
  /** Resolves when the bytes are of no use any more; whoever writes need not wait for it before the next. */
  write(bytes: Buffer): Promise<void>;
  /** Resolves when so many bytes may leave the node. */
  pace(bytes: number): Promise<void>;
}

/**
 * Writes the containers' archives as one stream. Each file is hashed while it flows, so that the manifests, which come
 * last, vouch for what was read and not for what is read again. Without them nothing is restored: they wait until
 * `mayBeRestored`.
 */
export async function sendArchive(
  folder: string,
  containers: readonly string[],
  mayBeRestored: () => Promise<void>,
  sink: ArchiveSink,
): Promise<void> {
  const buffers = new PieceBuffers();
  const manifests: { readonly container: string; readonly files: readonly ManifestFile[] }[] = [];
  for (const container of containers) {
    const files: ManifestFile[] = [];
    for (const path of await filesIn(join(folder, container))) {
      files.push(await sendFile(folder, join(container, path), buffers, sink));
    }
    const own = files.map((file) => ({ ...file, path: relative(container, file.path) }));
    manifests.push({ container, files: own });
  }
  await mayBeRestored();
  for (const { container, files } of manifests) {
    await writeManifestOf(join(folder, container), files);
    await sendFile(folder, join(container, MANIFEST), buffers, sink);
  }
}

async function sendFile(
  folder: string,
  path: string,
  buffers: PieceBuffers,
  { write, pace }: ArchiveSink,
): Promise<ManifestFile> {
  const file = await open(join(folder, path));
  const underWay = new Set<Promise<void>>();
  let failure: Error | null = null;
  const begin = (writing: Promise<void>, then: () => void) => {
    const ended = writing
      .catch((error) => {
        failure ??= error as Error;
      })
      .finally(() => {
        underWay.delete(ended);
        then();
      });
    underWay.add(ended);
  };
  try {
    const { size } = await file.stat();
    begin(write(headerOf(path, size)), () => {});
    const sha256: string[] = [];
    for (let at = 0; at < size && failure === null; at += PIECE_BYTES) {
      const buffer = await buffers.take();
      const length = Math.min(PIECE_BYTES, size - at);
      const { bytesRead } = await file.read(buffer, 0, length, at);
      if (bytesRead !== length) throw new Error(`${path} became shorter while it was read`);
      const piece = buffer.subarray(0, length);
      sha256.push(hash('sha256', piece));
      const { sent, pages } = packPiece(piece);
      await pace(pages.length);
      begin(write(sent), () => {});
      begin(pages.length === 0 ? Promise.resolve() : write(pages), () => buffers.giveBack(buffer));
    }
    await Promise.all(underWay);
    if (failure !== null) throw failure;
    return { path, sizeBytes: size, sha256 };
  } finally {
    await Promise.all(underWay);
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
