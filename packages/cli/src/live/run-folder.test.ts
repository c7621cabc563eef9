import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { listRunIds, runsFolder } from './run-folder.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'restow-runs-'));
  vi.stubEnv('XDG_STATE_HOME', state);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(state, { recursive: true });
});

test('what was left by a process that was killed before it wrote what the run is, is no run', () => {
  expect(listRunIds()).toEqual([]);
  for (const runId of ['c', 'a', 'b']) mkdirSync(join(runsFolder(), runId), { recursive: true });
  for (const runId of ['c', 'b']) writeFileSync(join(runsFolder(), runId, 'run.json'), '{}');
  expect(listRunIds()).toEqual(['b', 'c']);
});
