import { DEFAULT_POLICY } from '@restow/model';
import { plainCluster } from '@restow/testkit';
import { expect, test } from 'vitest';
import { planInWorker } from './plan-in-worker.ts';

const request = { ...plainCluster(600), policy: DEFAULT_POLICY, effort: 'thorough' as const, seed: 1 };

test('cancelling gives the best plan so far, and says so', async () => {
  const cancel = new AbortController();
  const phases: string[] = [];
  const plan = await planInWorker(request, {
    timeLimitMs: 600_000,
    signal: cancel.signal,
    onProgress: (phase) => {
      phases.push(phase);
      if (phase === 'searching') cancel.abort();
    },
  });
  expect(plan.summary.status).toBe('cancelled');
  expect(plan.summary.microsPerHour.after).toBeLessThanOrEqual(plan.summary.microsPerHour.before);
  expect(phases).toContain('bounding');
});

test('who does not wait after a cancel gets what was last checked', async () => {
  const cancelledAt = async (when: string) => {
    const cancel = new AbortController();
    const plan = await planInWorker(request, {
      timeLimitMs: 600_000,
      signal: cancel.signal,
      handOverMs: 0,
      onProgress: (phase) => {
        if (phase === when) cancel.abort();
      },
    });
    expect(plan.summary.status).toBe('cancelled');
    return plan.summary.microsPerHour;
  };
  const early = await cancelledAt('reading the cluster');
  expect(early.after).toBe(early.before);
  const late = await cancelledAt('proving');
  expect(late.after).toBeLessThan(0.9 * late.before);
  expect(late.bound).toBeGreaterThan(0);
});

test('a time limit ends the search with the best plan so far', async () => {
  const plan = await planInWorker(request, {
    timeLimitMs: 300,
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  expect(plan.summary.status).toBe('time-limit');
});

test('what is wrong with the input comes back as an input error', async () => {
  const policy = { ...DEFAULT_POLICY, nodes: 'a=(b' };
  const planning = planInWorker(
    { ...request, policy },
    { timeLimitMs: 60_000, signal: new AbortController().signal, onProgress: () => {} },
  );
  await expect(planning).rejects.toMatchObject({ code: 'RESTOW_INPUT' });
});
