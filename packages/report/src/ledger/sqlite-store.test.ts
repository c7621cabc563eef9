import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { seededRandom } from '@restow/model';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Body } from './entry.ts';
import { SqliteStore } from './sqlite-store.ts';
import { verify } from './verify.ts';

const WRITER = fileURLToPath(new URL('append-for-ever.ts', import.meta.url));
const KILLS = process.env.RESTOW_SOAK === '1' ? 200 : 12;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'restow-ledger-'));
  file = join(folder, 'ledger.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const gap = (from: number): Body => ({ kind: 'gap', from, until: from + 1, why: 'a test' });
const read = (path: string) => {
  const store = SqliteStore.openToRead(path);
  try {
    return [...store.stored()];
  } finally {
    store.close();
  }
};
const write = (bodies: readonly Body[], state?: string) => {
  const store = SqliteStore.open(file);
  store.append(bodies, state);
  store.close();
};

test('what is appended is read again, in its order, and is whole', () => {
  write([gap(1), gap(2)], 'first');
  write([gap(3)], 'second');
  write([gap(4)]);
  const store = SqliteStore.openToRead(file);
  expect([...store.entries()].map(({ number, body }) => [number, body])).toEqual(
    [1, 2, 3, 4].map((one) => [one, gap(one)]),
  );
  expect(store.state()).toBe('second');
  const { entries, problem, hash } = verify(store.stored());
  expect({ entries, problem }).toEqual({ entries: 4, problem: null });
  expect(hash).toBe([...store.stored()].at(-1)!.hash);
  store.close();
});

test('nothing can be changed or taken away, and by whom it is done all the same is found', () => {
  write([gap(1), gap(2), gap(3)]);
  const database = new DatabaseSync(file);
  expect(() => database.exec('UPDATE entries SET text = text WHERE number = 2')).toThrow(/append only/);
  expect(() => database.exec('DELETE FROM entries')).toThrow(/append only/);
  database.exec('DROP TRIGGER no_change; DROP TRIGGER no_removal');
  database.exec(`UPDATE entries SET text = replace(text, '"from":2', '"from":7') WHERE number = 2`);
  expect(verify(read(file))).toMatchObject({ entries: 1, problem: expect.stringMatching(/entry 2 is not as it was/) });
  database.exec('DELETE FROM entries WHERE number = 2');
  expect(verify(read(file))).toMatchObject({ entries: 1, problem: expect.stringMatching(/entry 2 is not there/) });
  database.close();
});

test('one byte changed anywhere in the file is found, or has changed nothing', () => {
  write(Array.from({ length: 40 }, (_, index) => gap(index)));
  const sound = read(file);
  const bytes = readFileSync(file);
  const random = seededRandom(4);
  const found = { byTheChain: 0, byTheDatabase: 0, nothing: 0 };
  for (let round = 0; round < 400; round++) {
    const changed = Buffer.from(bytes);
    const at = Math.floor(random() * bytes.length);
    changed[at]! ^= 1 << Math.floor(random() * 8);
    const copy = join(folder, `copy-${round}.sqlite`);
    writeFileSync(copy, changed);
    try {
      const stored = read(copy);
      if (verify(stored).problem !== null) found.byTheChain++;
      else if (stored.length < sound.length) {
        // Its end was cut off: the last hash is another one than whoever wrote it down has.
        expect(verify(stored).hash).not.toBe(verify(sound).hash);
        found.byTheChain++;
      } else {
        expect(stored).toEqual(sound);
        found.nothing++;
      }
    } catch (error) {
      expect(error).toMatchObject({ code: 'RESTOW_LEDGER_DAMAGED' });
      found.byTheDatabase++;
    }
    rmSync(copy);
  }
  expect(found.byTheChain).toBeGreaterThan(50);
});

test('killed at any moment, every batch is there whole or not at all', async () => {
  const random = seededRandom(9);
  let before = 0;
  for (let kill = 0; kill < KILLS; kill++) {
    const child = spawn(process.execPath, [WRITER, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    const acknowledged: number[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      acknowledged.push(
        ...text
          .split('\n')
          .filter((line) => line !== '')
          .map(Number),
      );
    });
    await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, random() * 60));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const stored = read(file);
    expect(verify(stored).problem).toBe(null);
    expect(stored.length % 7).toBe(0);
    expect(stored.length).toBeGreaterThanOrEqual(Math.max(...acknowledged));
    const store = SqliteStore.openToRead(file);
    expect(store.state()).toBe(String(stored.length));
    store.close();
    expect(stored.length).toBeGreaterThan(before);
    before = stored.length;
  }
});

test('a disk without room is said to be so, and what was there is as it was', () => {
  write([gap(1)], 'before');
  const store = SqliteStore.open(file);
  const limit = new DatabaseSync(file);
  const pages = Number(limit.prepare('PRAGMA page_count').get()!.page_count);
  limit.close();
  store.limitPages(pages);
  const many = Array.from({ length: 5_000 }, (_, index) => gap(index));
  expect(() => store.append(many, 'after')).toThrow(expect.objectContaining({ code: 'RESTOW_LEDGER_FULL' }));
  expect(store.state()).toBe('before');
  store.limitPages(1_000_000);
  store.append(many, 'after');
  expect(verify(store.stored())).toMatchObject({ entries: 5_001, problem: null });
  store.close();
});

test.each([
  ['what is not there', null, 'RESTOW_INPUT'],
  ['another file', 'no ledger at all, but long enough to be looked at', 'RESTOW_LEDGER_DAMAGED'],
])('%s is no ledger', (_what, content, code) => {
  if (content !== null) writeFileSync(file, content.repeat(100));
  expect(() => read(file)).toThrow(expect.objectContaining({ code }));
});
