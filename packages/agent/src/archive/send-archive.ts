import { hash } from 'node:crypto';
import { open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesIn, MANIFEST } from './files.ts';
import { type ManifestFile, manifestOf, PIECE_BYTES } from './manifest.ts';
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

export interface OutgoingContainer {
  readonly name: string;
  readonly folder: string;
  /** What is sent in place of what the archive has under the same path; null: nothing is. */
  readonly instead: string | null;
  /** Files that the other side has already, ahead of the archive. */
  readonly ahead: readonly ManifestFile[];
}

/**
 * Writes the containers' archives as one stream. Each file is hashed while it flows, so that the manifests, which come
 * last, vouch for what was read and not for what is read again. Without them nothing is restored: they wait until
 * `mayBeRestored`.
 */
export async function sendArchive(
  containers: readonly OutgoingContainer[],
  mayBeRestored: () => Promise<void>,
  sink: ArchiveSink,
): Promise<void> {
  const buffers = new PieceBuffers();
  const manifests: { readonly container: OutgoingContainer; readonly manifest: Buffer }[] = [];
  for (const container of containers) {
    const { name, folder, instead, ahead } = container;
    for (const { path, sizeBytes } of ahead) await sink.write(headerOf(join(name, path), sizeBytes, true));
    const files = [...ahead];
    const replaced = instead === null ? [] : await filesIn(instead);
    for (const path of replaced) files.push(await sendFile(instead!, name, path, buffers, sink));
    for (const path of await filesIn(folder)) {
      if (!replaced.includes(path)) files.push(await sendFile(folder, name, path, buffers, sink));
    }
    manifests.push({ container, manifest: manifestOf(files) });
  }
  await mayBeRestored();
  for (const { container, manifest } of manifests) {
    // What is on this side is something else where parts of it were replaced.
    const folder = container.instead ?? container.folder;
    await writeFile(join(folder, MANIFEST), manifest, { mode: 0o600 });
    await sendFile(folder, container.name, MANIFEST, buffers, sink);
  }
}

/** Writes files of a folder as one stream; what they were. */
export async function sendFiles(
  folder: string,
  paths: readonly string[],
  sink: ArchiveSink,
): Promise<readonly ManifestFile[]> {
  const buffers = new PieceBuffers();
  const files: ManifestFile[] = [];
  for (const path of paths) files.push(await sendFile(folder, '', path, buffers, sink));
  return files;
}

/** `below`: where the other side puts it. */
async function sendFile(
  folder: string,
  below: string,
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
    begin(write(headerOf(join(below, path), size, false)), () => {});
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

function headerOf(path: string, sizeBytes: number, isAhead: boolean): Buffer {
  const header = Buffer.from(JSON.stringify({ path, sizeBytes, isAhead }));
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(header.length);
  return Buffer.concat([length, header]);
}

/** What came of a stream that was broken off is memory of a process, too. */
export async function discardArchive(folder: string, containers: readonly string[]): Promise<void> {
  for (const container of containers) await rm(join(folder, container), { recursive: true, force: true });
}
