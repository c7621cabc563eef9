import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { leftOut, shimBinary } from '@restow/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeManifest } from './archive/manifest.ts';
import { NodeState } from './state/tickets.ts';

const run = promisify(execFile);
const SHIM = fileURLToPath(new URL('../shim', import.meta.url));
const why = leftOut();

describe.skipIf(why !== null)(why ?? 'the runtime shim', () => {
  test('passes its own tests, and is written as Go is', async () => {
    const options = { cwd: SHIM, timeout: 110_000 };
    expect((await run('gofmt', ['-l', '.'], options)).stdout).toBe('');
    await run('go', ['vet', './...'], options);
    expect((await run('go', ['test', '-count=1', './...'], options)).stdout).toMatch(/^ok/);
  });
});

describe.skipIf(why !== null)(why ?? 'agent and shim understand each other', () => {
  let folder: string;
  let state: NodeState;
  let archive: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'restow-agent-'));
    state = new NodeState(join(folder, 'state'));
    archive = join(state.archive('move-1'), 'redis');
    const annotations = {
      'io.kubernetes.cri.container-type': 'container',
      'io.kubernetes.cri.sandbox-namespace': 'default',
      'io.kubernetes.cri.sandbox-name': 'redis-0',
      'io.kubernetes.cri.sandbox-uid': 'uid-2',
      'io.kubernetes.cri.container-name': 'redis',
    };
    await mkdir(join(folder, 'bundle', 'rootfs'), { recursive: true });
    await writeFile(join(folder, 'bundle', 'config.json'), JSON.stringify({ annotations, root: { path: 'rootfs' } }));
    await writeFile(join(folder, 'runc'), `#!/bin/sh\necho "$*" >> ${folder}/calls\n`);
    await chmod(join(folder, 'runc'), 0o755);
    await mkdir(join(archive, 'checkpoint'), { recursive: true });
    // Five pieces, the last of them short.
    await writeFile(join(archive, 'checkpoint', 'pages-1.img'), Buffer.alloc(18 * 2 ** 20, 'memory'));
    await writeFile(join(archive, 'checkpoint', 'empty.img'), '');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const create = async () => {
    const env = { ...process.env, RESTOW_STATE_DIR: join(folder, 'state'), RESTOW_RUNC: join(folder, 'runc') };
    const args = ['--root', '/run/runc', 'create', '--bundle', join(folder, 'bundle'), 'id'];
    return run(await shimBinary(), args, { env, timeout: 20_000 });
  };
  const calls = () => readFile(join(folder, 'calls'), 'utf8').catch(() => '');
  const grant = () =>
    state.grant({
      move: 'move-1',
      pod: { namespace: 'default', name: 'redis-0', uid: 'uid-1' },
      containers: ['redis'],
      expiresAt: Date.now() + 60_000,
      waitMs: 10_000,
      restoreMs: 5000,
      address: null,
    });

  test('what one has sealed and granted the other restores, once', async () => {
    const files = await writeManifest(archive);
    expect(files.map(({ path, sha256 }) => [path, sha256.length])).toEqual([
      ['checkpoint/empty.img', 0],
      ['checkpoint/pages-1.img', 5],
    ]);
    await state.markReady('move-1');
    await grant();
    await create();
    expect(await calls()).toMatch(/ restore .*--image-path \S+\/checkpoint --work-path \S+ id\n$/);
    await create();
    expect(await calls()).toMatch(/ create --bundle \S+ id\n$/);
  });

  test('a container waits for its archive, and goes on as soon as it is there', async () => {
    await grant();
    const created = create();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await calls()).toBe('');
    await writeManifest(archive);
    await state.markReady('move-1');
    await created;
    expect(await calls()).toMatch(/ restore /);
  });

  test('an archive that was cut is refused, until somebody lets the pod start', async () => {
    await writeManifest(archive);
    await truncate(join(archive, 'checkpoint', 'pages-1.img'), 9 * 2 ** 20);
    await state.markReady('move-1');
    await grant();
    await expect(create()).rejects.toThrow(/pages-1\.img has 9437184 bytes, not 18874368/);
    expect((await state.refusedBy('move-1'))?.reason).toMatch(/pages-1\.img has 9437184 bytes/);
    await state.unfence('uid-2');
    await create();
    expect(await calls()).toMatch(/^\S+ \S+ create /);
  });

  test('a pod whose archive will not come, or whose ticket was taken back, does not start cold either', async () => {
    await grant();
    await state.markFailed('move-1', 'the source is gone');
    await expect(create()).rejects.toThrow(/did not arrive: the source is gone/);
    await state.forget('move-1');
    await state.unfence('uid-2');
    await grant();
    await state.markFailed('move-1', 'the move was cancelled');
    expect(await state.takeBack('default', 'redis-0', 'move-1', ['redis'])).toEqual([]);
    await expect(create()).rejects.toThrow(/called off/);
    expect(await calls()).toBe('');
    await state.revoke('default', 'redis-0');
    await state.unfence('uid-2');
    await create();
    expect(await calls()).toMatch(/^\S+ \S+ create /);
  });

  test('nothing of a fenced pod is created, and a revoked ticket is none', async () => {
    await state.fence('uid-2', 'move-1');
    await expect(create()).rejects.toThrow(/fenced/);
    await state.unfence('uid-2');
    await grant();
    await state.revoke('default', 'redis-0');
    await create();
    expect(await calls()).toMatch(/^\S+ \S+ create /);
  });
});
