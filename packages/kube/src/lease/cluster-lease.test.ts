import { expect, test } from 'vitest';
import { CONFLICT } from '../status.ts';
import type { KubeApi } from '../write/kube-api.ts';
import { ClusterLease } from './cluster-lease.ts';

interface Stored {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
  readonly spec: { readonly holderIdentity: string };
}

/** An API server that has one object, and refuses whoever has not seen its last version. */
function oneLease() {
  let stored: Stored | null = null;
  let version = 0;
  const write = (body: Stored) => {
    stored = { ...body, metadata: { ...body.metadata, uid: 'lease', resourceVersion: String(++version) } };
    return { ok: true, object: stored };
  };
  const api = {
    read: async () => stored,
    create: async (_path: string, body: Stored) => write(body),
    replace: async (_path: string, body: Stored) =>
      body.metadata.resourceVersion === stored?.metadata.resourceVersion
        ? write(body)
        : { ok: false, status: CONFLICT, message: 'it has changed' },
  };
  return { api: api as unknown as KubeApi, holder: () => stored?.spec.holderIdentity };
}

const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const signal = new AbortController().signal;
const as = (holder: string, mayBreakOff = (_other: string) => false) => ({
  ...{ holder, mayBreakOff, isPredecessor: () => false, evenIfPaused: false },
});

test('who must not wait takes it from whoever goes on, who knows it before anything is begun; others are refused', async () => {
  const { api, holder } = oneLease();
  const first = await ClusterLease.acquire(api, clock, as('a run'), signal);
  if (!first.ok) throw new Error(first.reason);
  const refused = await ClusterLease.acquire(api, clock, as('another'), signal);
  expect(refused).toMatchObject({ ok: false, code: 'held', reason: expect.stringMatching(/a run/) });
  expect(first.lease.lost.aborted).toBe(false);
  const urgent = await ClusterLease.acquire(
    api,
    clock,
    as('urgent', (other) => other === 'a run'),
    signal,
  );
  if (!urgent.ok) throw new Error(urgent.reason);
  expect(first.lease.lost.aborted).toBe(true);
  expect(() => first.lease.assertHeld()).toThrow(/taken by urgent/);
  expect(() => urgent.lease.assertHeld()).not.toThrow();
  // Not from one that is as urgent.
  const second = await ClusterLease.acquire(
    api,
    clock,
    as('urgent too', (other) => other === 'a run'),
    signal,
  );
  expect(second).toMatchObject({ ok: false, code: 'held' });
  await first.lease.release(signal);
  expect(holder()).toBe('urgent');
  await urgent.lease.release(signal);
  expect(holder()).toBe('');
});
