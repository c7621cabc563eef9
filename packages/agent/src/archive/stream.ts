import { createHash } from 'node:crypto';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { z } from 'zod';
import { filesIn, MANIFEST } from './files.ts';
import { type ManifestFile, PIECE_BYTES, writeManifestOf } from './manifest.ts';

/** In front of each file: its header's length, then the header as JSON, then so many raw bytes. */
const headerSchema = z.strictObject({ path: z.string(), sizeBytes: z.int().nonnegative() });
const LENGTH_BYTES = 4;
const MOST_HEADER_BYTES = 2 ** 16;

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

/** Writes a stream that `readArchive` has made; how many bytes it had. Throws when it is not one, or larger than `mostBytes`. */
export async function writeArchive(chunks: AsyncIterable<Buffer>, folder: string, mostBytes: number): Promise<number> {
  const reader = new ChunkReader(chunks, mostBytes);
  for (;;) {
    const length = await reader.takeOrEnd(LENGTH_BYTES);
    if (length === null) return reader.bytes;
    const size = length.readUInt32BE();
    if (size > MOST_HEADER_BYTES) throw new Error('this is no archive: a header is too long');
    const header = headerSchema.parse(JSON.parse((await reader.take(size)).toString('utf8')));
    const path = normalize(header.path);
    if (path.startsWith('/') || path.startsWith('..')) throw new Error(`${header.path} leads out of the archive`);
    await writeOne(reader, join(folder, path), header.sizeBytes);
  }
}

async function writeOne(reader: ChunkReader, path: string, sizeBytes: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'wx', 0o600);
  try {
    let left = sizeBytes;
    while (left > 0) {
      const chunk = await reader.some(left);
      await file.writev([chunk]);
      left -= chunk.length;
    }
  } finally {
    await file.close();
  }
}

/** Cuts a stream of chunks where the reader wants it cut. */
class ChunkReader {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #mostBytes: number;
  #rest: Buffer = Buffer.alloc(0);
  bytes = 0;

  constructor(chunks: AsyncIterable<Buffer>, mostBytes: number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#mostBytes = mostBytes;
  }

  /** At least one byte and at most so many. */
  async some(most: number): Promise<Buffer> {
    if (this.#rest.length === 0 && !(await this.#more())) throw new Error('the archive is cut short');
    const taken = this.#rest.subarray(0, most);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  async take(count: number): Promise<Buffer> {
    const taken: Buffer[] = [];
    for (let left = count; left > 0; left -= taken.at(-1)!.length) taken.push(await this.some(left));
    return Buffer.concat(taken);
  }

  async takeOrEnd(count: number): Promise<Buffer | null> {
    return this.#rest.length > 0 || (await this.#more()) ? this.take(count) : null;
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done === true) return false;
    this.bytes += value.length;
    if (this.bytes > this.#mostBytes)
      throw new Error(`the archive is larger than the ${this.#mostBytes} bytes that there is room for`);
    this.#rest = value;
    return value.length > 0 || this.#more();
  }
}

/** What came of a stream that was broken off is memory of a process, too. */
export async function discardArchive(folder: string, containers: readonly string[]): Promise<void> {
  for (const container of containers) await rm(join(folder, container), { recursive: true, force: true });
}
