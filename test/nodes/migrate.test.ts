import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageReference, untilFound, whyNoNodes } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AgentBed } from './agent-bed.ts';
import { committing, fillWithNoise, incrementing } from './incrementing.ts';
import { mariadbSet, redisSet, SHARED_VOLUME, statefulSet, witnessedRedis } from './objects.ts';

const COLD_MS = 20 * 60_000;
const TEST_MS = 300_000;
const why = whyNoNodes();

describe.skipIf(why !== null)(
  why ?? 'restow migrate, on real kubelets',
  () => {
    let bed: AgentBed;
    beforeAll(async () => {
      bed = await AgentBed.start({ images: ['mariadb'] });
      await bed.nodes.controlPlane.apply(SHARED_VOLUME);
    }, COLD_MS);
    afterAll(() => bed?.stop());

    const kubectl = (...args: readonly string[]) => bed.nodes.controlPlane.kubectl(args);
    const starts = async (name: string) =>
      (await readFile(join(bed.nodes.shared, name), 'utf8')).split('\n').length - 1;

    const HOPS = 4;
    test.each([10, 100, 500] as const)(
      'redis with %i MB goes there and back twice, and its client does not notice',
      async (megabytes) => {
        const name = `redis-${megabytes}`;
        await bed.create(redisSet(name));
        const before = await bed.pod(`${name}-0`);
        // What is all zeros is not sent at all; what is not is sent ahead, but for the smallest.
        if (megabytes === 500) await bed.fill(`${name}-0`, megabytes);
        else await fillWithNoise(bed.nodes.enterNetwork, before.ip, megabytes);
        const client = await incrementing(bed.nodes.enterNetwork, before.ip, 'counter');
        for (let hop = 1; hop <= HOPS; hop++) {
          const figures = await bed.migrate(`${name}-0`);
          const sent = (phase: string) => figures.get(phase)?.bytes ?? 0;
          if (megabytes === 100) {
            expect(sent('copied-ahead')).toBeGreaterThan(100 * 2 ** 20);
            expect(sent('sent')).toBeLessThan(20 * 2 ** 20);
          }
          const { node, ready } = await bed.pod(`${name}-0`);
          expect(node).toBe(hop % 2 === 0 ? before.node : bed.otherThan(before.node).name);
          expect(ready).toBe(true);
        }
        const { answers, ...outcome } = await client.stop();
        expect(outcome).toEqual({ wrong: 0, last: answers, lostBecause: null, longestSilenceMs: expect.any(Number) });
        expect(answers).toBeGreaterThan(100);
        const after = await bed.pod(`${name}-0`);
        expect(after.uid).not.toBe(before.uid);
        expect({ ...after, uid: '' }).toEqual({ ...before, uid: '' });
        expect(await bed.redis(`${name}-0`, 'dbsize')).toBe(String(megabytes + 1));
        await bed.remove(redisSet(name));
      },
    );

    test('MariaDB on a volume that all nodes see: no commit is lost, and none is there twice', async () => {
      const name = 'mariadb';
      const flags = ['--no-defaults', '--user=root', '--auth-root-authentication-method=normal', '--skip-test-db'];
      await bed.nodes.nodes[0]!.exec('mariadb-install-db', ...flags, `--datadir=/shared/${name}`);
      await bed.create(mariadbSet(name));
      const before = await bed.pod(`${name}-0`);
      const client = await committing(bed.nodes.enterNetwork, before.ip);
      for (let hop = 1; hop <= 2; hop++) await bed.migrate(`${name}-0`);
      const { commits, ...outcome } = await client.stop();
      expect(outcome).toEqual({ rows: commits, distinct: commits, greatest: commits, lostBecause: null });
      expect(commits).toBeGreaterThan(100);
      expect({ ...(await bed.pod(`${name}-0`)), uid: '' }).toEqual({ ...before, uid: '' });
      await bed.remove(mariadbSet(name));
    });

    test('files go with it, logs and exec work after it, and a crash after it is a cold start', async () => {
      const script = [
        'echo kept > /data/file; echo kept > /memory/file; echo kept > /written; rm /usr/bin/tail; mkdir /tmp/made',
        'exec 3>>/data/open; n=0; while true; do n=$((n+1)); echo line $n; echo $n >&3; sleep 0.2; done',
      ].join('; ');
      const volumeMounts = [
        { name: 'data', mountPath: '/data' },
        { name: 'memory', mountPath: '/memory' },
      ];
      const volumes = [
        { name: 'data', emptyDir: {} },
        { name: 'memory', emptyDir: { medium: 'Memory' } },
      ];
      const command = ['/usr/bin/sh', '-c', script];
      const set = statefulSet('files', { image: imageReference('redis'), command, volumeMounts }, { volumes });
      await bed.create(set);
      const count = async () => Number(/line (\d+)\n$/.exec(await kubectl('logs', 'files-0'))?.[1] ?? 0);
      await untilFound(async () => ((await count()) > 3 ? true : null), 'it counts');
      await bed.migrate('files-0');
      const look = 'cat /data/file /memory/file /written; ls -d /tmp/made /usr/bin/tail; cat /data/open';
      const found = (await kubectl('exec', 'files-0', '--', '/usr/bin/sh', '-c', `${look}; true`)).split('\n');
      expect(found.slice(0, 4)).toEqual(['kept', 'kept', 'kept', '/tmp/made']);
      const numbers = found.slice(4, -1).map(Number);
      expect(numbers).toEqual(numbers.map((_, index) => index + 1));
      await untilFound(async () => ((await count()) > numbers.length ? true : null), 'it goes on counting');
      // Its first process, by which the container lives, from outside: inside nobody can.
      const node = bed.node((await bed.pod('files-0')).node);
      await node.exec('pkill', '-KILL', '-f', 'echo kept > /data/file');
      await untilFound(async () => ((await bed.pod('files-0')).restarts === 1 ? true : null), 'it is started again');
      // What has come to life again would begin with a later one.
      const first = async () => /^line (\d+)$/m.exec(await kubectl('logs', 'files-0'))?.[1] ?? null;
      expect(await untilFound(first, 'it counts again')).toBe('1');
      await bed.remove(set);
    });

    test('a dump that fails: it goes on where it was, thawed', async () => {
      const set = witnessedRedis('thawed');
      await bed.create(set);
      const before = await bed.pod('thawed-0');
      const client = await incrementing(bed.nodes.enterNetwork, before.ip, 'counter');
      const config = join(bed.node(before.node).root, 'etc/criu/runc.conf');
      const options = await readFile(config, 'utf8');
      await writeFile(config, 'no-such-option\n');
      const { code, stdout, stderr } = await bed.restow(['migrate', 'thawed-0']);
      await writeFile(config, options);
      expect(code, stdout).toBe(1);
      expect(stdout + stderr).toMatch(/thawed[\s\S]*not moved: .*criu/);
      const { answers, lostBecause, last } = await client.stop();
      expect({ lostBecause, last }).toEqual({ lostBecause: null, last: answers });
      expect(await bed.pod('thawed-0')).toEqual(before);
      expect(await starts('thawed')).toBe(1);
      await bed.expectNothingLeft();
      await bed.remove(set);
    });

    /** Moves a redis whose images are spoilt at both ends as it likes, between their arrival and their use. */
    const spoilt = async (name: string, spoil: (target: string, source: string) => Promise<void>) => {
      const set = witnessedRedis(name);
      await bed.create(set);
      const before = await bed.pod(`${name}-0`);
      const client = await incrementing(bed.nodes.enterNetwork, before.ip, 'counter');
      const target = bed.otherThan(before.node);
      // Nothing is restored there until what has arrived is spoilt.
      await target.exec('pkill', '-STOP', 'kubelet');
      const ending = bed.restow(['migrate', `${name}-0`, '--to', target.name]);
      const tooEarly = ending.then(({ stdout, stderr }) => Promise.reject(new Error(`it ended: ${stdout}${stderr}`)));
      tooEarly.catch(() => {});
      const archives = join(target.root, 'run/restow/archives');
      const arriving = untilFound(async () => {
        for (const move of await readdir(archives).catch(() => [])) {
          const isWhole = (await readdir(join(archives, move))).includes('ready');
          if (isWhole) return move;
        }
        return null;
      }, 'the archive has arrived');
      const move = await Promise.race([arriving, tooEarly]);
      const pages = (root: string) => join(root, 'run/restow/archives', move, 'redis/checkpoint/pages-1.img');
      await spoil(pages(target.root), pages(bed.node(before.node).root));
      await target.exec('pkill', '-CONT', 'kubelet');
      return { set, before, client, ...(await ending) };
    };

    const SPOILS = {
      missing: (file: string) => rm(file),
      truncated: (file: string) => truncate(file, 5000),
      changed: async (file: string) => {
        const bytes = await readFile(file);
        bytes[bytes.length >> 1]! ^= 1;
        await writeFile(file, bytes);
      },
    };
    test.each(['missing', 'truncated', 'changed'] as const)(
      'an image file that is %s on the way: it comes back to life where it was',
      async (how) => {
        const { set, before, client, code, stdout } = await spoilt(how, SPOILS[how]);
        expect(code, stdout).toBe(1);
        expect(stdout).toMatch(/came-back[\s\S]*not moved: .*pages-1\.img/);
        const { answers, lostBecause, last } = await client.stop();
        expect({ lostBecause, last }).toEqual({ lostBecause: null, last: answers });
        const after = await bed.pod(`${how}-0`);
        expect({ ...after, uid: '' }).toEqual({ ...before, uid: '' });
        expect(await starts(how)).toBe(1);
        await bed.expectNothingLeft();
        await bed.remove(set);
      },
    );

    test('where that is spoilt too it starts cold, once, with its volume', async () => {
      const name = 'cold';
      const spoil = async (target: string, source: string) => {
        await rm(target);
        await rm(source);
      };
      const { set, before, client, code, stdout } = await spoilt(name, spoil);
      expect(code, stdout).toBe(1);
      expect(stdout).toMatch(/coming-back[\s\S]*cold[\s\S]*starts cold/);
      expect((await client.stop()).lostBecause).not.toBe(null);
      await kubectl('wait', '--for=condition=Ready', `pod/${name}-0`, '--timeout=60s');
      expect((await bed.pod(`${name}-0`)).labels).toEqual(before.labels);
      expect(await starts(name)).toBe(2);
      expect(await bed.redis(`${name}-0`, 'dbsize')).toBe('0');
      await bed.expectNothingLeft();
      await bed.remove(set);
    });
  },
  TEST_MS,
);
