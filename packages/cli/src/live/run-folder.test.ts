import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { listRunIds, type RunMeta, runsFolder, writeRunMeta } from './run-folder.ts';

let state: string;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'restow-runs-'));
  vi.stubEnv('XDG_STATE_HOME', state);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(state, { recursive: true });
});

const meta: Omit<RunMeta, 'runId'> = {
  kubeconfig: null,
  context: null,
  server: 'https://127.0.0.1',
  prices: [],
  assumeRegion: null,
  notices: [],
  startedBy: 'serve',
  replans: true,
};

test('what was left by a process that was killed before it wrote what the run is, is no run', async () => {
  expect(listRunIds()).toEqual([]);
  await writeRunMeta({ ...meta, runId: 'b' });
  mkdirSync(join(runsFolder(), 'a'));
  await writeRunMeta({ ...meta, runId: 'c' });
  expect(listRunIds()).toEqual(['b', 'c']);
});
