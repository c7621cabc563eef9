import type { FileHandle } from 'node:fs/promises';
import { link, mkdir, open, stat } from 'node:fs/promises';
import { basename, dirname, join, normalize } from 'node:path';
import { Writable } from 'node:stream';
import { z } from 'zod';
import { PIECE_BYTES } from './manifest.ts';
import { LENGTH_BYTES } from './send-archive.ts';
import { bitmapBytes, type Run, runsOf } from './zero-pages.ts';

const headerSchema = z.strictObject({
  path: z.string(),
  sizeBytes: z.int().nonnegative(),
  /** It is here already: nothing of it comes. */
  isAhead: z.boolean(),
});
const MOST_HEADER_BYTES = 2 ** 16;
/** What TLS hands over is small; what has come while the last was written is written at once. */
const BUFFER_BYTES = 2 ** 23;

export interface ArchiveWriterOptions {
  readonly folder: string;
  readonly mostBytes: number;
  /** Where what was sent ahead is, a folder for each container; null: nothing was. */
  readonly ahead: string | null;
}

/** A file on its way: everything before `next` was told which of its pages come, and those of `runs` are still to come. */
interface OpenFile {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
  next: number;
  runs: Run[];
}

/**
 * Writes the files of a stream that `sendArchive` has made; what is zero becomes a hole. Fails when it is not one, is cut
 * short, or larger than `mostBytes`.
 */
export class ArchiveWriter extends Writable {
  readonly #folder: string;
  readonly #mostBytes: number;
  readonly #ahead: string | null;
  #bytes = 0;
  /** Of a header or of a piece's bitmap, so far. */
  #partial: Buffer = Buffer.alloc(0);
  #file: OpenFile | null = null;
  #waiting: { at: number; readonly buffers: Buffer[]; length: number } | null = null;

  constructor({ folder, mostBytes, ahead }: ArchiveWriterOptions) {
    super({ highWaterMark: BUFFER_BYTES, decodeStrings: true });
    this.#folder = folder;
    this.#mostBytes = mostBytes;
    this.#ahead = ahead;
  }

  /** Of the files that have come, or are here. */
  get bytes(): number {
    return this.#bytes;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#take([chunk]).then(() => done(), done);
  }

  override _writev(chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#take(chunks.map(({ chunk }) => chunk)).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    done(this.#file === null && this.#partial.length === 0 ? null : new Error('the archive is cut short'));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const { handle } = this.#file ?? {};
    if (handle === undefined) done(error);
    else handle.close().then(() => done(error), done);
  }

  async #take(chunks: readonly Buffer[]): Promise<void> {
    for (const chunk of chunks) {
      let rest = chunk;
      while (rest.length > 0) {
        const file = this.#file;
        if (file === null) rest = await this.#readHeader(rest);
        else if (file.runs.length > 0) rest = await this.#readPages(file, rest);
        else rest = this.#readBitmap(file, rest);
        await this.#closeIfWhole();
      }
    }
    await this.#flush();
  }

  /** Opens the file that comes next when all of its header is there; what is left of the bytes. */
  async #readHeader(bytes: Buffer): Promise<Buffer> {
    const known = Buffer.concat([this.#partial, bytes]);
    const size = known.length < LENGTH_BYTES ? null : known.readUInt32BE();
    if (size === 0) throw new Error('this is no archive: a header is empty');
    if (size !== null && size > MOST_HEADER_BYTES) throw new Error('this is no archive: a header is too long');
    if (size === null || known.length < LENGTH_BYTES + size) {
      this.#partial = known;
      return Buffer.alloc(0);
    }
    const header = headerSchema.parse(JSON.parse(known.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + size)));
    const path = normalize(header.path);
    if (path.startsWith('/') || path.startsWith('..')) throw new Error(`${header.path} leads out of the archive`);
    this.#bytes += header.sizeBytes;
    if (this.#bytes > this.#mostBytes) throw new Error(`there is room for ${this.#mostBytes} bytes, and more came`);
    const full = join(this.#folder, path);
    await mkdir(dirname(full), { recursive: true, mode: 0o700 });
    if (header.isAhead) await this.#place(path, full, header.sizeBytes);
    else {
      const handle = await open(full, 'wx', 0o600);
      this.#file = { handle, sizeBytes: header.sizeBytes, next: 0, runs: [] };
      await handle.truncate(header.sizeBytes);
    }
    this.#partial = Buffer.alloc(0);
    return known.subarray(LENGTH_BYTES + size);
  }

  /** Takes what was sent ahead. */
  async #place(path: string, full: string, sizeBytes: number): Promise<void> {
    if (this.#ahead === null) throw new Error('part of the archive was to be here already');
    const here = join(this.#ahead, path.split('/')[0]!, basename(path));
    const { size } = await stat(here);
    if (size !== sizeBytes) throw new Error(`${path} is here with ${size} bytes, not ${sizeBytes}`);
    // It stays there too: a stream that breaks off begins anew.
    await link(here, full);
  }

  #readBitmap(file: OpenFile, bytes: Buffer): Buffer {
    const length = Math.min(PIECE_BYTES, file.sizeBytes - file.next);
    const wanted = bitmapBytes(length);
    const known = Buffer.concat([this.#partial, bytes.subarray(0, wanted - this.#partial.length)]);
    const rest = bytes.subarray(known.length - this.#partial.length);
    this.#partial = known;
    if (known.length < wanted) return rest;
    file.runs = runsOf(known, file.next, length);
    file.next += length;
    this.#partial = Buffer.alloc(0);
    return rest;
  }

  async #readPages(file: OpenFile, bytes: Buffer): Promise<Buffer> {
    const run = file.runs[0]!;
    const taken = bytes.subarray(0, run.length);
    const waiting = this.#waiting;
    if (waiting !== null && waiting.at + waiting.length === run.at) {
      waiting.buffers.push(taken);
      waiting.length += taken.length;
    } else {
      await this.#flush();
      this.#waiting = { at: run.at, buffers: [taken], length: taken.length };
    }
    if (taken.length === run.length) file.runs.shift();
    else file.runs[0] = { at: run.at + taken.length, length: run.length - taken.length };
    return bytes.subarray(taken.length);
  }

  async #closeIfWhole(): Promise<void> {
    const file = this.#file;
    if (file === null || file.next < file.sizeBytes || file.runs.length > 0) return;
    await this.#flush();
    this.#file = null;
    await file.handle.close();
  }

  async #flush(): Promise<void> {
    const waiting = this.#waiting;
    if (waiting === null) return;
    this.#waiting = null;
    const { bytesWritten } = await this.#file!.handle.writev(waiting.buffers, waiting.at);
    if (bytesWritten !== waiting.length)
      throw new Error(`only ${bytesWritten} of ${waiting.length} bytes were written`);
  }
}
