import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_POLICY } from '@restow/model';
import { buildPlan } from '@restow/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { JournalError } from '../errors.ts';
import { FileJournal } from './file-journal.ts';
import type { JournalRecord } from './record.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'restow-journal-'));
  path = join(folder, 'run', 'journal');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const STARTED: JournalRecord = {
  type: 'started',
  at: 1,
  runId: 'run',
  cluster: 'cluster',
  plan: buildPlan({}),
  policy: DEFAULT_POLICY,
  microsPerHour: 10,
};
const RECORDS: readonly JournalRecord[] = [
  STARTED,
  { type: 'begun', at: 2, act: 'a1', step: 's1', does: { kind: 'uncordon', node: { name: 'n', uid: 'u' } } },
  { type: 'acted', at: 3, act: 'a1', outcome: { ok: true } },
  { type: 'resumed', at: 4 },
  { type: 'stopping', at: 5, reason: { code: 'x', message: 'y — ü' } },
];

/** Writes the journal and answers its lines. */
async function write(records = RECORDS, to = path): Promise<string[]> {
  const journal = FileJournal.create(to);
  for (const record of records) await journal.append(record);
  await journal.close();
  return readFileSync(to, 'utf8').split('\n').slice(0, -1);
}

async function readBack(): Promise<readonly JournalRecord[]> {
  const journal = FileJournal.open(path);
  const records = await journal.read();
  await journal.close();
  return records;
}

function refusal(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(JournalError);
    return (error as JournalError).code;
  }
  return 'accepted';
}

const put = (lines: readonly string[]) => writeFileSync(path, lines.map((line) => `${line}\n`).join(''));

test('nobody else can read it', async () => {
  await write();
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, 'run')).mode & 0o777).toBe(0o700);
});

test('a last record cut off at any byte is healed, and the journal goes on', async () => {
  const lines = await write();
  const whole = readFileSync(path);
  const sound = whole.length - Buffer.byteLength(`${lines.at(-1)}\n`);
  for (let length = sound; length < whole.length; length += 7) {
    writeFileSync(path, whole.subarray(0, length));
    const journal = FileJournal.open(path);
    expect(await journal.read()).toEqual(RECORDS.slice(0, -1));
    expect(journal.notes.length).toBe(length === sound ? 0 : 1);
    await journal.append(RECORDS.at(-1)!);
    await journal.close();
    expect(await readBack()).toEqual(RECORDS);
  }
});

test('a last record that is full of zeros after a power cut is healed', async () => {
  const lines = await write(RECORDS.slice(0, -1));
  appendFileSync(path, `${'\0'.repeat(40)}\n`);
  expect(await readBack()).toEqual(RECORDS.slice(0, -1));
  expect(readFileSync(path, 'utf8').split('\n').length - 1).toBe(lines.length);
});

test('a record that stands there twice in a row is healed', async () => {
  const lines = await write();
  for (let index = 0; index < lines.length; index++) {
    put([...lines.slice(0, index + 1), ...lines.slice(index)]);
    const journal = FileJournal.open(path);
    expect(await journal.read()).toEqual(RECORDS);
    expect(journal.notes).toEqual([expect.stringMatching(`record ${index + 2} stands there twice`)]);
    await journal.close();
  }
});

test('a missing record is refused, wherever it is missing but at the end', async () => {
  const lines = await write();
  for (let index = 0; index < lines.length - 2; index++) {
    put(lines.filter((_, other) => other !== index));
    expect(
      refusal(() => FileJournal.open(path)),
      `record ${index + 1}`,
    ).toBe('RESTOW_JOURNAL_DAMAGED');
  }
});

test('records in another order, a whole journal twice, and records of another run are refused', async () => {
  const lines = await write();
  const other = await write(
    RECORDS.map((record) => ({ ...record, at: record.at + 1 })),
    join(folder, 'other', 'journal'),
  );
  for (const wrong of [
    [lines[0]!, lines[2]!, lines[1]!, lines[3]!, lines[4]!],
    [...lines, ...lines],
    [...lines.slice(0, 2), ...other.slice(2)],
    [...lines, ...other],
  ]) {
    put(wrong);
    expect(refusal(() => FileJournal.open(path))).toBe('RESTOW_JOURNAL_DAMAGED');
  }
});

test('one changed byte before the last record is refused', async () => {
  const lines = await write();
  const whole = readFileSync(path);
  const sound = whole.length - Buffer.byteLength(`${lines.at(-1)}\n`);
  for (let at = 0; at < sound; at += 97) {
    const changed = Buffer.from(whole);
    changed[at]! ^= 1;
    writeFileSync(path, changed);
    expect(
      refusal(() => FileJournal.open(path)),
      `byte ${at}`,
    ).toMatch(/^RESTOW_JOURNAL_(DAMAGED|FOREIGN)$/);
  }
});

test('a journal of a newer version is refused as such', async () => {
  const lines = await write();
  put([lines[0]!.replace('"v":1', '"v":2'), ...lines.slice(1)]);
  expect(refusal(() => FileJournal.open(path))).toBe('RESTOW_JOURNAL_FOREIGN');
});

test('what is refused is left as it was', async () => {
  const lines = await write();
  put(lines.slice(1));
  const before = readFileSync(path);
  refusal(() => FileJournal.open(path));
  expect(readFileSync(path)).toEqual(before);
});

test('a journal that is not there, and one in which nothing had begun, are refused', () => {
  expect(refusal(() => FileJournal.open(path))).toBe('RESTOW_JOURNAL_DAMAGED');
  expect(existsSync(path)).toBe(false);
  FileJournal.create(path).close();
  expect(refusal(() => FileJournal.open(path))).toBe('RESTOW_JOURNAL_DAMAGED');
});

test('another process cannot open it, and can once this one is dead', async () => {
  await write();
  const held = FileJournal.open(path);
  const module = new URL('file-journal.ts', import.meta.url).pathname;
  const script = `const { FileJournal } = await import(${JSON.stringify(module)});
    try { FileJournal.open(${JSON.stringify(path)}); console.log('opened'); } catch (error) { console.log(error.code); }
    process.kill(process.pid, 'SIGKILL');`;
  const attempt = () => spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout;
  expect(attempt()).toBe('RESTOW_JOURNAL_IN_USE\n');
  await held.close();
  expect(attempt()).toBe('opened\n');
  // That process was killed with the journal open.
  expect(attempt()).toBe('opened\n');
});
