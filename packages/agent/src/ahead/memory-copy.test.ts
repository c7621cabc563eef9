import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyMemory } from './memory-copy.ts';

const MARK = 'restow-was-here-';
const MEBIBYTE = 2 ** 20;

test('what a running process has written is in the copy, at the address where it has it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'restow-ahead-'));
  // The word is put together there: it is in no argument of the process.
  const program = `globalThis.kept = Buffer.alloc(8 * ${MEBIBYTE}, ${JSON.stringify([...MARK])}.join('')); console.log('ready'); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(child.stdout, 'data');
    const [copy] = [...(await copyMemory([child.pid!], folder)).values()];
    const memory = readFileSync(copy!.file);
    expect(copy!.sizeBytes).toBe(memory.length);
    let marks = 0;
    for (let at = memory.indexOf(MARK); at >= 0; at = memory.indexOf(MARK, at + MARK.length)) marks++;
    expect(marks).toBeGreaterThanOrEqual((8 * MEBIBYTE) / MARK.length);
    const starts = copy!.parts.map(({ at }) => at);
    expect(starts).toEqual(starts.toSorted((one, other) => one - other));
  } finally {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

test('of a process that is gone there is no copy', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'restow-ahead-'));
  try {
    expect((await copyMemory([2 ** 22 - 3], folder)).size).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
