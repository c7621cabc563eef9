import { fileURLToPath } from 'node:url';
import { leftOut } from '@restow/testkit';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Outcome } from '../cli/run-restow.ts';
import { ApplyRuns, accountOf } from './apply-runs.ts';
import { startKarpenterCluster } from './karpenter-cluster.ts';

/** In its long form it begins a hundred processes. */
const AGAIN_MS = 60 * 60_000;
const COLD_MS = 20 * 60_000;
/** The test shall wait for nothing but the cluster. */
const POLICY = 'run: { budgets: { podsPerMinute: null } }\n';
const SOAK = process.env.RESTOW_SOAK === '1';
const HOOK = fileURLToPath(new URL('kill-at.ts', import.meta.url));
const why = leftOut();

const killedAt = (point: string) => ({ NODE_OPTIONS: `--import=${HOOK}`, RESTOW_TEST_KILL: point });

describe.skipIf(why !== null)(
  why ?? 'restow apply, killed',
  () => {
    let runs: ApplyRuns;
    beforeAll(async () => {
      runs = new ApplyRuns(await startKarpenterCluster({ part: 0.25, scale: [0.5, 0.25], mostCores: 2 }), POLICY);
    }, COLD_MS);
    afterAll(async () => {
      await runs?.cluster.stop();
      runs?.remove();
    });
    beforeEach(async () => {
      await runs.next();
    }, COLD_MS);

    test(
      'again and again, after ever so many records, and resumed each time, it comes to its target',
      async () => {
        await runs.apply(killedAt('record:2'));
        let killed = 1;
        // Killed after its last record, it has nothing left to resume.
        let resumable = 1;
        let last: Outcome;
        for (;;) {
          // Often enough more than the records of what is begun at once, or it would never get on.
          const records = SOAK ? 3 + ((killed * 5) % 11) : 5 + ((killed * 7) % 37);
          last = await runs.resume(killedAt(`record:${records}`));
          if (last.code !== null) break;
          killed++;
          if (runs.records().at(-1)?.type !== 'ended') resumable++;
          expect(killed).toBeLessThan(1000);
        }
        const account = accountOf(last);
        expect(account.outcome, runs.history()).toBe('target');
        expect(killed).toBeGreaterThanOrEqual(SOAK ? 50 : 10);
        expect(account.resumed).toBe(resumable);
        runs.expectCounted(account);
        await runs.expectWell();
      },
      AGAIN_MS,
    );

    test('in the middle of each kind of change, and resumed, it comes to its target', async () => {
      const kinds = [
        'PATCH /api/v1/nodes/',
        'PATCH /api/v1/.*/pods/',
        'PATCH .*/scale',
        'POST .*/eviction',
        'POST .*/nodeclaims',
        'DELETE .*/nodeclaims/',
      ];
      let last = await runs.apply(killedAt(`write:${kinds.join('|')}`));
      // Before the run is there, there is nothing to be resumed.
      kinds.push('PUT .*/leases/');
      const left = new Set(kinds);
      while (last.code === null) {
        const change = /^cut off: (.*)$/m.exec(last.stderr)![1]!;
        left.delete(kinds.find((kind) => new RegExp(kind).test(change))!);
        last = await runs.resume(killedAt(`write:${[...left, 'no other'].join('|')}`));
      }
      const does = runs.records().flatMap((record) => (record.type === 'begun' ? [record.does] : []));
      const hasSurged = does.some((act) => act.kind === 'move' && act.order.method === 'surge');
      const hasLaunched = does.some((act) => act.kind === 'launch');
      const never = kinds.filter(
        (kind) => (/pods|scale/.test(kind) && !hasSurged) || (kind.startsWith('POST .*/node') && !hasLaunched),
      );
      expect([...left]).toEqual(never);
      const account = accountOf(last);
      expect(account.outcome, runs.history()).toBe('target');
      runs.expectCounted(account);
      await runs.expectWell();
    });

    const POINTS = SOAK ? Array.from({ length: 50 }, (_, index) => 2 + 3 * index) : [5, 40];
    test.each(POINTS)('after record %i, and aborted, it leaves nothing behind', async (records) => {
      const { code } = await runs.apply(killedAt(`record:${records}`));
      if (code === null) {
        const account = accountOf(await runs.abort());
        expect(account.reasons[0]?.code).toBe('aborted');
        expect(account.left.filter((what) => !/holds pods and stays/.test(what))).toEqual([]);
        runs.expectCounted(account);
      }
      await runs.expectWell();
    });
  },
  COLD_MS,
);
