import type { FileHandle } from 'node:fs/promises';
import { mkdir, open } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { Writable } from 'node:stream';
import { z } from 'zod';
import { LENGTH_BYTES } from './read-archive.ts';

const headerSchema = z.strictObject({ path: z.string(), sizeBytes: z.int().nonnegative() });
const MOST_HEADER_BYTES = 2 ** 16;
/** What TLS hands over is small; what has come while the last was written is written at once. */
const BUFFER_BYTES = 2 ** 23;

/** Writes the files of a stream that `readArchive` has made. Fails when it is not one, is cut short, or larger than `mostBytes`. */
export class ArchiveWriter extends Writable {
  readonly #folder: string;
  readonly #mostBytes: number;
  #bytes = 0;
  #header: Buffer = Buffer.alloc(0);
  #file: { readonly handle: FileHandle; left: number } | null = null;

  constructor(folder: string, mostBytes: number) {
    super({ highWaterMark: BUFFER_BYTES, decodeStrings: true });
    this.#folder = folder;
    this.#mostBytes = mostBytes;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#take([chunk]).then(() => done(), done);
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#take(chunks.map(({ chunk }) => chunk)).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    done(this.#file === null && this.#header.length === 0 ? null : new Error('the archive is cut short'));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const { handle } = this.#file ?? {};
    if (handle === undefined) done(error);
    else handle.close().then(() => done(error), done);
  }

  async #take(chunks: readonly Buffer[]): Promise<void> {
    let data: Buffer[] = [];
    const flush = async () => {
      if (data.length > 0) await this.#file!.handle.writev(data);
      data = [];
    };
    for (const chunk of chunks) {
      this.#bytes += chunk.length;
      if (this.#bytes > this.#mostBytes) throw new Error(`there is room for ${this.#mostBytes} bytes, and more came`);
      let rest = chunk;
      while (rest.length > 0) {
        if (this.#file === null) rest = await this.#readHeader(rest);
        if (this.#file === null) continue;
        const taken = rest.subarray(0, this.#file.left);
        rest = rest.subarray(taken.length);
        this.#file.left -= taken.length;
        if (taken.length > 0) data.push(taken);
        if (this.#file.left > 0) continue;
        await flush();
        await this.#file.handle.close();
        this.#file = null;
      }
    }
    await flush();
  }

  /** Opens the file that comes next when all of its header is there; what is left of the bytes. */
  async #readHeader(bytes: Buffer): Promise<Buffer> {
    const known = Buffer.concat([this.#header, bytes]);
    const size = known.length < LENGTH_BYTES ? 0 : known.readUInt32BE();
    if (size > MOST_HEADER_BYTES) throw new Error('this is no archive: a header is too long');
    if (known.length < LENGTH_BYTES + size || size === 0) {
      if (size === 0 && known.length >= LENGTH_BYTES) throw new Error('this is no archive: a header is empty');
      this.#header = known;
      return Buffer.alloc(0);
    }
    const header = headerSchema.parse(JSON.parse(known.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + size)));
    const path = normalize(header.path);
    if (path.startsWith('/') || path.startsWith('..')) throw new Error(`${header.path} leads out of the archive`);
    const full = join(this.#folder, path);
    await mkdir(dirname(full), { recursive: true, mode: 0o700 });
    const handle = await open(full, 'wx', 0o600);
    this.#header = Buffer.alloc(0);
    if (header.sizeBytes === 0) await handle.close();
    else this.#file = { handle, left: header.sizeBytes };
    return known.subarray(LENGTH_BYTES + size);
  }
}
