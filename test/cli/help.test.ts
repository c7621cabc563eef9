import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FakeAws, FakeGcp, fakeAwsAccount, fakeGcpProject } from '@restow/testkit';
import { expect, test } from 'vitest';
import { restow } from './run-restow.ts';

const BIN = fileURLToPath(new URL('../../packages/cli/bin/restow.js', import.meta.url));

/** A hook that prints every module that is loaded, so that nothing can hide. */
function loadHook(): string {
  const hook = join(mkdtempSync(join(tmpdir(), 'restow-hook-')), 'hook.mjs');
  writeFileSync(
    hook,
    `import { registerHooks } from 'node:module';
     registerHooks({ load(url, context, next) { process.stderr.write('LOADED ' + url + '\\n'); return next(url, context); } });`,
  );
  return hook;
}

test('--help names every command and loads no SDK, no solver and no schema', () => {
  const hook = loadHook();
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', hook, BIN, '--help'], {
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  for (const command of ['snapshot', 'plan', 'explain', 'demo', 'version']) expect(stdout).toContain(command);
  const loaded = stderr.split('\n').filter((line) => line.startsWith('LOADED file:'));
  expect(loaded.some((line) => line.includes('/commander/'))).toBe(true);
  for (const line of loaded)
    expect(line).not.toMatch(
      /highs|javascript-lp-solver|packages\/(solver|pricing|snapshotter|scheduling|simulator)\/|aws-sdk|google-cloud|kubernetes/,
    );
});

test('version and unknown commands', async () => {
  expect((await restow(['version'])).stdout).toMatch(/^restow \d+\.\d+\.\d+\n$/);
  expect((await restow(['frobnicate'])).code).toBe(2);
  expect((await restow([])).code).toBe(2);
});

test('one cloud is asked without the adapter of the other', async () => {
  const clouds = [
    {
      source: 'aws:us-east-1',
      own: /client-ec2/,
      other: /google-cloud|packages\/gcp/,
      fake: await FakeAws.start(fakeAwsAccount(new Date())),
    },
    {
      source: 'gcp:us-central1',
      own: /google-cloud\/compute/,
      other: /aws-sdk|packages\/aws/,
      fake: await FakeGcp.start(fakeGcpProject()),
    },
  ];
  for (const { source, own, other, fake } of clouds) {
    const env = {
      ...fake.env,
      NODE_OPTIONS: `--import ${loadHook()}`,
      XDG_CACHE_HOME: mkdtempSync(join(tmpdir(), 'restow-cache-')),
    };
    const { code, stderr } = await restow(['prices', '--prices', source], { env });
    expect(code).toBe(0);
    expect(stderr).toMatch(own);
    expect(stderr).not.toMatch(other);
    await fake.stop();
  }
});
