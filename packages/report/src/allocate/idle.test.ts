import { expect, test } from 'vitest';
import type { Body, BodyOf } from '../ledger/entry.ts';
import { allocate, microsOf } from './allocate.ts';
import type { IdleKind } from './idle.ts';

const HOUR = 3_600_000;
const GIB = 2 ** 30;
/** Of 4 cores beside 16 GiB. */
const CPU_PART = (4 * 0.031611) / (4 * 0.031611 + 16 * 0.004237);
const PRICE = 1_000_000;

const node: Body = {
  kind: 'node',
  ...{ uid: 'n', name: 'n', from: 0, until: 10 * HOUR, instanceType: 'm', zone: null, capacityType: 'on-demand' },
  ...{ group: null, cpuMilli: 4_000, memoryBytes: 16 * GIB, gpus: 0 },
  ...{ microsPerHour: PRICE, listMicrosPerHour: PRICE },
};
const podOf = (name: string, more: Partial<BodyOf<'pod'>> = {}): Body => ({
  kind: 'pod',
  ...{ uid: name, namespace: 'shop', name, node: 'n', from: 0, until: 10 * HOUR, controller: null, labels: {} },
  ...{ cpuMilli: 1_000, memoryBytes: 4 * GIB, gpus: 0, usedMemoryBytes: null },
  ...more,
});
const planOf = (at: number, more: Partial<BodyOf<'plan'>> = {}): Body => ({
  kind: 'plan',
  ...{ at, run: `r${at}`, schedule: 's', microsPerHour: { before: 3, after: 2, bound: 1 } },
  ...{ memoryFraction: null, blockers: [] },
  ...more,
});
const heldBy = (pod: string | null, microsPerHour: number): BodyOf<'plan'>['blockers'][number] => {
  return { namespace: 'shop', pod, node: 'n', controller: null, reasons: ['it has local data'], microsPerHour };
};
/** In parts of an hour of the node. */
function idleOf(bodies: readonly Body[], hours: number): Partial<Record<IdleKind, number>> {
  const { shares } = allocate(bodies, { from: 0, to: hours * HOUR });
  const found = Map.groupBy(shares, ({ idle }) => idle);
  found.delete(null);
  return Object.fromEntries([...found].map(([kind, some]) => [kind, microsOf(some) / PRICE]));
}

test('what no pod of this cluster’s kind could use is stranded: there is none of the other resource beside it', () => {
  const idle = idleOf([node, podOf('a', { cpuMilli: 4_000, memoryBytes: 4 * GIB })], 1);
  expect(idle.stranded).toBeCloseTo((1 - CPU_PART) * 0.75, 5);
  expect(idle.free ?? 0).toBe(0);
});

test('beside free cores goes as much memory as pods here usually have, and only the rest is stranded', () => {
  // One core and 2 GiB each: of 3 free cores and 14 free GiB 6 can be used.
  const idle = idleOf([node, podOf('a', { memoryBytes: 2 * GIB })], 1);
  expect(idle.stranded).toBeCloseTo((1 - CPU_PART) * (8 / 16), 5);
  expect(idle.free).toBeCloseTo(CPU_PART * (3 / 4) + (1 - CPU_PART) * (6 / 16), 5);
});

test('what a plan could not save because a pod holds the node is blocked, from then on, as long as the pod is there', () => {
  const leaves = podOf('a', { until: 3 * HOUR });
  const bodies = [node, leaves, podOf('b'), planOf(HOUR, { blockers: [heldBy('a', 300_000)] })];
  expect(idleOf(bodies, 1)).toEqual({ free: 0.5 });
  expect(idleOf(bodies, 2).blocked).toBeCloseTo(0.3, 5);
  expect(idleOf(bodies, 4).blocked).toBeCloseTo(0.6, 5);
  const freed = [...bodies, planOf(2 * HOUR)];
  expect(idleOf(freed, 4).blocked).toBeCloseTo(0.3, 5);
});

test('no more is blocked than is idle, and a node that is held itself is so whatever runs there', () => {
  const bodies = [node, podOf('a'), podOf('b'), planOf(0, { blockers: [heldBy(null, 900_000)] })];
  expect(idleOf(bodies, 1)).toMatchObject({ blocked: 0.5, free: 0 });
});

test('memory that policy does not let be used is reserve, where what is used is measured', () => {
  const measured = (used: number) =>
    podOf('a', { memoryBytes: 12 * GIB, cpuMilli: 3_000, usedMemoryBytes: used * GIB });
  const policy = planOf(0, { memoryFraction: 0.75 });
  // 12 GiB may be used; 11 are, 12 are asked for: of the 4 free ones 1 may be given away.
  expect(idleOf([node, measured(11), policy], 1).reserve).toBeCloseTo((1 - CPU_PART) * (3 / 16), 5);
  expect(idleOf([node, measured(11)], 1).reserve).toBeUndefined();
  expect(idleOf([node, measured(11), podOf('b', { cpuMilli: 0, memoryBytes: 0 }), policy], 1).reserve).toBeUndefined();
});
