import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { canonicalJson, InputError } from '@restow/model';
import { LedgerError } from '../errors.ts';
import { hashOf, NO_HASH } from './chain.ts';
import { type Body, bodySchema, type Entry } from './entry.ts';
import type { LedgerStore, StoredEntry } from './ledger-store.ts';

const WAIT_MS = 5_000;
/** SQLITE_BUSY, SQLITE_FULL, SQLITE_CANTOPEN, SQLITE_NOTADB, SQLITE_CORRUPT (sqlite3.h). */
const BUSY = 5;
const CORRUPT = 11;
const FULL = 13;
const NOT_A_DATABASE = 26;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS entries (number INTEGER PRIMARY KEY, text TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS state (one INTEGER PRIMARY KEY CHECK (one = 1), text TEXT NOT NULL) STRICT;
  CREATE TRIGGER IF NOT EXISTS no_change BEFORE UPDATE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
  CREATE TRIGGER IF NOT EXISTS no_removal BEFORE DELETE ON entries BEGIN SELECT RAISE(ABORT, 'append only'); END;
`;

/** A ledger in a file of SQLite. */
export class SqliteStore implements LedgerStore {
  readonly #database: DatabaseSync;
  readonly #file: string;

  private constructor(file: string, readOnly: boolean) {
    this.#file = file;
    this.#database = this.#guard(() => new DatabaseSync(file, { readOnly, timeout: WAIT_MS }));
  }

  /** Throws LedgerError where the file is no ledger. */
  static open(file: string): SqliteStore {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const store = new SqliteStore(file, false);
    // What has been answered must be there after a power failure too.
    store.#guard(() => store.#database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; ${SCHEMA}`));
    return store;
  }

  /** For reading alone, also while somebody writes. Throws InputError where there is none. */
  static openToRead(file: string): SqliteStore {
    if (!existsSync(file)) throw new InputError(`there is no ledger ${file}`);
    const store = new SqliteStore(file, true);
    store.#guard(() => store.#database.prepare('SELECT number FROM entries LIMIT 1').get());
    return store;
  }

  append(bodies: readonly Body[], state?: string): void {
    const database = this.#database;
    this.#guard(() => {
      database.exec('BEGIN IMMEDIATE');
      try {
        const last = database.prepare('SELECT number, hash FROM entries ORDER BY number DESC LIMIT 1').get();
        let number = Number(last?.number ?? 0);
        let hash = String(last?.hash ?? NO_HASH);
        const insert = database.prepare('INSERT INTO entries (number, text, hash) VALUES (?, ?, ?)');
        for (const body of bodies) {
          const text = canonicalJson(body);
          hash = hashOf(hash, ++number, text);
          insert.run(number, text, hash);
        }
        if (state !== undefined) {
          database.prepare('INSERT INTO state VALUES (1, ?) ON CONFLICT DO UPDATE SET text = excluded.text').run(state);
        }
        database.exec('COMMIT');
      } catch (error) {
        if (database.isTransaction) database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  state(): string | null {
    const row = this.#guard(() => this.#database.prepare('SELECT text FROM state').get());
    return row === undefined ? null : String(row.text);
  }

  *stored(): Iterable<StoredEntry> {
    const rows = this.#guard(() =>
      this.#database.prepare('SELECT number, text, hash FROM entries ORDER BY number').iterate(),
    );
    for (;;) {
      const { done, value } = this.#guard(() => rows.next());
      if (done === true) return;
      yield { number: Number(value.number), text: String(value.text), hash: String(value.hash) };
    }
  }

  *entries(): Iterable<Entry> {
    for (const { number, text, hash } of this.stored()) {
      yield { number, hash, body: bodyOf(text, `${this.#file}: entry ${number}`) };
    }
  }

  /** It becomes no larger than this; a page is 4 KiB. */
  limitPages(count: number): void {
    this.#guard(() => this.#database.exec(`PRAGMA max_page_count = ${count}`));
  }

  close(): void {
    this.#database.close();
  }

  #guard<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw asLedgerError(error, this.#file);
    }
  }
}

function bodyOf(text: string, where: string): Body {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new LedgerError('DAMAGED', `${where} is no JSON`, { cause });
  }
  const parsed = bodySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new LedgerError('DAMAGED', `${where} is not understood: ${parsed.error.issues[0]?.message}`);
}

function asLedgerError(error: unknown, file: string): unknown {
  if (error instanceof LedgerError || !(error instanceof Error)) return error;
  const { errcode, errstr } = error as { errcode?: number; errstr?: string };
  if (errcode === undefined) return error;
  const options = { cause: error };
  const code = errcode & 0xff;
  if (code === BUSY) return new LedgerError('IN_USE', `${file} is being written by another process`, options);
  if (code === FULL) return new LedgerError('FULL', `there is no room to write ${file}`, options);
  if (code === CORRUPT || code === NOT_A_DATABASE) {
    return new LedgerError('DAMAGED', `${file} is no ledger, or is damaged: ${errstr}`, options);
  }
  return new LedgerError('DAMAGED', `${file} cannot be used as a ledger: ${error.message}`, options);
}
