import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { JournalError, OutageError } from '../errors.ts';
import type { Journal } from '../ports/journal.ts';
import { type DecodedJournal, decodeJournal, EMPTY_JOURNAL, encodeRecord, type JournalEnd } from './encode.ts';
import { lockFile } from './file-lock.ts';
import type { JournalRecord } from './record.ts';

/**
 * A journal in a file of its own, with a lock file beside it. Writes are synchronous: a record is on the disk before its
 * act begins, and there are too few of them for that to matter.
 */
export class FileJournal implements Journal {
  readonly notes: readonly string[];
  readonly #descriptor: number;
  readonly #lock: { release(): void };
  readonly #path: string;
  readonly #records: JournalRecord[];
  #end: JournalEnd;
  #open = true;

  private constructor(path: string, descriptor: number, lock: { release(): void }, decoded: DecodedJournal) {
    this.#path = path;
    this.#descriptor = descriptor;
    this.#lock = lock;
    this.#records = [...decoded.records];
    this.#end = decoded.end;
    this.notes = decoded.notes;
  }

  /** Throws JournalError when there is one already, or another process has it open. */
  static create(path: string): FileJournal {
    return FileJournal.#openWith(path, 'wx+', () => {
      return { records: [], end: EMPTY_JOURNAL, soundBytes: 0, notes: [] };
    });
  }

  /** Opens what a run has left and cuts off a torn last record. Throws JournalError for anything that is not sound. */
  static open(path: string): FileJournal {
    return FileJournal.#openWith(path, 'r+', (descriptor) => {
      const bytes = readFileSync(descriptor);
      const decoded = decodeJournal(bytes, path);
      if (decoded.records.length === 0) {
        throw new JournalError('DAMAGED', `${path} holds no run: nothing had begun; apply the plan anew`);
      }
      if (decoded.soundBytes < bytes.length) {
        ftruncateSync(descriptor, decoded.soundBytes);
        fsyncSync(descriptor);
      }
      return decoded;
    });
  }

  static #openWith(path: string, flags: 'wx+' | 'r+', read: (descriptor: number) => DecodedJournal): FileJournal {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const lock = lockFile(`${path}.lock`, path);
    let descriptor: number | null = null;
    try {
      descriptor = openSync(path, flags, 0o600);
      const decoded = read(descriptor);
      syncFolder(dirname(path));
      return new FileJournal(path, descriptor, lock, decoded);
    } catch (error) {
      if (descriptor !== null) closeSync(descriptor);
      lock.release();
      throw describe(error, path);
    }
  }

  async read(): Promise<readonly JournalRecord[]> {
    return [...this.#records];
  }

  async append(record: JournalRecord): Promise<void> {
    if (!this.#open) throw new JournalError('IN_USE', `${this.#path} has been closed`);
    const { line, end } = encodeRecord(record, this.#end);
    const bytes = Buffer.from(line);
    try {
      const { size } = fstatSync(this.#descriptor);
      let written = 0;
      while (written < bytes.length) {
        written += writeSync(this.#descriptor, bytes, written, bytes.length - written, size + written);
      }
      fdatasyncSync(this.#descriptor);
    } catch (error) {
      // Half a record may be there: whoever opens the journal next cuts it off, nothing may follow it.
      await this.close();
      throw new OutageError(`${this.#path} cannot be written (${(error as NodeJS.ErrnoException).code})`, {
        cause: error,
      });
    }
    this.#end = end;
    this.#records.push(record);
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#descriptor);
    this.#lock.release();
  }
}

/** A new name is only safe once its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function describe(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') {
    return new JournalError('EXISTS', `${path} exists already: a run is resumed or aborted, not begun twice`);
  }
  if (code === 'ENOENT') return new JournalError('DAMAGED', `${path} does not exist: there is no such run`);
  return error;
}
