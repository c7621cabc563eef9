import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { type Body, SqliteStore } from '@restow/report';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ManyCommands } from './many-commands.ts';

const HOUR = 3_600_000;
const DAY = Date.UTC(2026, 10, 1);
const GIB = 2 ** 30;

let commands: ManyCommands;
let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(() => {
  commands = new ManyCommands();
  folder = mkdtempSync(join(tmpdir(), 'restow-report-'));
});
afterAll(() => {
  commands.stop();
  rmSync(folder, { recursive: true, force: true });
});

const opened: Body = { kind: 'opened', at: DAY, cluster: 'c', currency: 'EUR' };
const nodeOf = (name: string, from: number, until: number): Body => ({
  kind: 'node',
  ...{ uid: name, name, from: DAY + from * HOUR, until: DAY + until * HOUR, instanceType: 'm', zone: null },
  ...{ capacityType: 'spot', group: null, cpuMilli: 4_000, memoryBytes: 16 * GIB, gpus: 0 },
  ...{ microsPerHour: 200_000, listMicrosPerHour: 300_000 },
});
const podOf = (namespace: string, name: string, from: number, until: number): Body => ({
  kind: 'pod',
  ...{ uid: name, namespace, name, node: 'n', from: DAY + from * HOUR, until: DAY + until * HOUR },
  ...{ controller: { kind: 'Deployment', name: 'web' }, labels: { team: '=1+1' }, cpuMilli: 4_000 },
  ...{ memoryBytes: 8 * GIB, gpus: 0, usedMemoryBytes: null },
});
const ledger = (name: string, bodies: readonly Body[]): string => {
  const store = SqliteStore.open(at(name));
  store.append(bodies);
  store.close();
  return at(name);
};
const report = async (name: string, file: string, ...args: readonly string[]) =>
  commands.run(['report', name, '--ledger', file, '--from', '2026-11-01', '--to', '2026-11-02', ...args]);

test('a day by namespace, by label and by node; the parts are the whole', async () => {
  const gap: Body = { kind: 'gap', from: DAY + 10 * HOUR, until: DAY + 12 * HOUR, why: 'nobody looked on' };
  const file = ledger('day.sqlite', [
    opened,
    ...[nodeOf('n', 0, 10), podOf('shop', 'a', 0, 5), podOf('data', 'b', 5, 10), gap],
    ...[nodeOf('n', 12, 24), podOf('shop', 'a', 12, 24)],
  ]);
  const { code, stdout } = await report('allocation', file);
  expect(code).toBe(0);
  const lines = stdout.split('\n').map((line) => line.split(/ {2,}/).map((cell) => cell.trim()));
  const found = Object.fromEntries(lines.filter((line) => line.length > 4).map(([name, ...cells]) => [name, cells]));
  expect(Object.keys(found)).toEqual(['NAMESPACE', 'shop', 'data', '__idle__', 'total']);
  expect(found.total!.at(-1)).toBe('4.4000 EUR');
  expect(found.shop![0]).toBe('17');
  expect(stdout).toMatch(/nothing is known from 2026-11-01T10:00:00Z to 2026-11-01T12:00:00Z: nobody looked on/);
  const csv = (await report('allocation', file, '--by', 'label:team', '-o', 'csv')).stdout.split('\r\n');
  expect(csv[0]).toBe('label:team,podHours,cpuCost,ramCost,gpuCost,totalCost');
  // No formula for a spreadsheet.
  expect(csv[1]).toMatch(/^'=1\+1,22,\d+\.\d{6},/);
  const { rows } = JSON.parse((await report('allocation', file, '--by', 'node', '-o', 'json')).stdout) as {
    rows: { node: string; totalCost: number }[];
  };
  expect(rows).toMatchObject([{ node: 'n', totalCost: 4_400_000 }]);
});

test('of a ledger that is empty, or damaged from some entry on, it says what is not known and guesses nothing', async () => {
  const empty = ledger('empty.sqlite', []);
  const nothing = await report('summary', empty);
  expect(nothing).toMatchObject({ code: 0, stdout: expect.stringMatching(/T00:00:00Z: the ledger is empty/) });
  const file = ledger('damaged.sqlite', [opened, nodeOf('n', 0, 6), nodeOf('n', 6, 12), nodeOf('n', 12, 18)]);
  const database = new DatabaseSync(file);
  database.exec(`DROP TRIGGER no_change; UPDATE entries SET text = replace(text, '200000', '999999') WHERE number = 3`);
  database.close();
  const { code, stdout } = await report('allocation', file);
  expect(code).toBe(0);
  expect(stdout).toMatch(/total .* 1\.2000 EUR/);
  expect(stdout).toMatch(/from 2026-11-01T06:00:00Z to 2026-11-02T00:00:00Z: entry 3 is not as it was written/);
  expect(await commands.run(['ledger', 'verify', file])).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/entry 3/),
  });
});

test.each<readonly [what: string, args: readonly string[], said: RegExp]>([
  ['a ledger that is not there', ['savings', '--ledger', '@none'], /there is no ledger/],
  ['a time that is none', ['savings', '--ledger', '@good', '--from', 'soon'], /--from soon: expected a date/],
  [
    'an end before its beginning',
    ['savings', '--ledger', '@good', '--from', '1d', '--to', '2d'],
    /--from is not before/,
  ],
  ['a key that is none', ['allocation', '--ledger', '@good', '--by', 'colour'], /--by colour/],
  ['a report that is none', ['gossip', '--ledger', '@good'], /gossip/],
  ['no ledger', ['savings'], /--ledger/],
])('report refuses %s', async (_what, args, said) => {
  const files: Record<string, string> = { '@none': at('none.sqlite'), '@good': ledger('good.sqlite', []) };
  const { code, stdout, stderr } = await commands.run(['report', ...args.map((arg) => files[arg] ?? arg)]);
  expect(stderr).toMatch(said);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test('another file is no ledger, and stays as it was', async () => {
  writeFileSync(at('text.sqlite'), 'no ledger at all, but long enough to be looked at'.repeat(50));
  const { code, stderr } = await report('savings', at('text.sqlite'));
  expect(code).toBe(1);
  expect(stderr).toMatch(/is no ledger, or is damaged.*RESTOW_LEDGER_DAMAGED/);
});
