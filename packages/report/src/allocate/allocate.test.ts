import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Body, BodyOf } from '../ledger/entry.ts';
import { allocate } from './allocate.ts';

const HOUR = 3_600_000;
const PERIOD = { from: 0, to: 10 * HOUR };
const GIB = 2 ** 30;

const nodeOf = (more: Partial<BodyOf<'node'>> = {}): BodyOf<'node'> => ({
  kind: 'node',
  ...{
    uid: 'n',
    name: 'n',
    from: 0,
    until: HOUR,
    instanceType: 'm',
    zone: null,
    capacityType: 'on-demand',
    group: null,
  },
  ...{ cpuMilli: 4_000, memoryBytes: 16 * GIB, gpus: 0, microsPerHour: 200_000, listMicrosPerHour: 200_000 },
  ...more,
});
const podOf = (name: string, more: Partial<BodyOf<'pod'>> = {}): BodyOf<'pod'> => ({
  kind: 'pod',
  ...{ uid: name, namespace: 'default', name, node: 'n', from: 0, until: HOUR, controller: null, labels: {} },
  ...{ cpuMilli: 1_000, memoryBytes: GIB, gpus: 0, usedMemoryBytes: null },
  ...more,
});
const total = (bodies: readonly Body[], name: string | null) =>
  allocate(bodies, PERIOD)
    .shares.filter(({ pod }) => (pod?.name ?? null) === name)
    .reduce((sum, { cpuMicros, memoryMicros, gpuMicros }) => sum + cpuMicros + memoryMicros + gpuMicros, 0);

test('a node by OpenCost’s proportion of cores and memory: a pod pays for what it asks, idle for the rest', () => {
  const bodies = [nodeOf(), podOf('a', { cpuMilli: 2_000, memoryBytes: 4 * GIB })];
  // Of 4 cores and 16 GiB: 4 × 0.031611 beside 16 × 0.004237 an hour.
  const cpuPart = (4 * 0.031611) / (4 * 0.031611 + 16 * 0.004237);
  const { shares, microsTotal } = allocate(bodies, PERIOD);
  const pod = shares.find((share) => share.pod?.name === 'a')!;
  expect(microsTotal).toBe(200_000);
  expect(Math.abs(pod.cpuMicros - 200_000 * cpuPart * 0.5)).toBeLessThanOrEqual(1);
  expect(Math.abs(pod.memoryMicros - 200_000 * (1 - cpuPart) * 0.25)).toBeLessThanOrEqual(1);
  expect(total(bodies, null) + total(bodies, 'a')).toBe(200_000);
});

test('what is used beyond the requests counts, and what all use beyond the node is divided as they use it', () => {
  const used = (bytes: number) => podOf('a', { cpuMilli: 0, memoryBytes: GIB, usedMemoryBytes: bytes });
  const eight = total([nodeOf(), used(8 * GIB)], 'a');
  expect(Math.abs(eight - 8 * total([nodeOf(), used(GIB / 2)], 'a'))).toBeLessThanOrEqual(8);
  const crowded = [nodeOf(), used(16 * GIB), podOf('b', { cpuMilli: 0, memoryBytes: GIB, usedMemoryBytes: 16 * GIB })];
  expect(total(crowded, 'a')).toBe(total(crowded, 'b'));
  expect(total(crowded, null)).toBe(total([nodeOf(), podOf('c', { memoryBytes: 16 * GIB, cpuMilli: 0 })], null));
});

test('a node without a price is named and costs nobody anything', () => {
  const { shares, microsTotal, unpriced } = allocate([nodeOf({ microsPerHour: null }), podOf('a')], PERIOD);
  expect({ shares, microsTotal, unpriced }).toEqual({
    shares: [],
    microsTotal: 0,
    unpriced: [{ name: 'n', ms: HOUR }],
  });
});

const amount = (most: number) => fc.integer({ min: 0, max: most });
const life = fc.tuple(amount(12 * HOUR), amount(12 * HOUR)).map(([one, other]) => {
  const from = Math.min(one, other);
  return { from, until: Math.max(one, other, from + 1) };
});
const nodes = fc
  .array(fc.record({ life, cores: amount(8), gib: amount(32), gpus: amount(2), price: amount(3_000_000) }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((all) =>
    all.map(({ life: { from, until }, cores, gib, gpus, price }, index) =>
      nodeOf({
        uid: `n${index}`,
        name: `n${index}`,
        from,
        until,
        cpuMilli: cores * 1000,
        memoryBytes: gib * GIB,
        gpus,
        microsPerHour: price,
      }),
    ),
  );
const pods = fc
  .array(
    fc.record({
      life,
      node: amount(3),
      cpu: amount(6_000),
      mib: amount(20_000),
      gpus: amount(1),
      used: fc.option(amount(30_000)),
    }),
    { maxLength: 8 },
  )
  .map((all) =>
    all.map(({ life: { from, until }, node, cpu, mib, gpus, used }, index) =>
      podOf(`p${index}`, {
        node: `n${node}`,
        ...{ from, until, cpuMilli: cpu, memoryBytes: mib * 2 ** 20, gpus },
        usedMemoryBytes: used === null ? null : used * 2 ** 20,
      }),
    ),
  );

const plans = fc
  .array(fc.record({ at: amount(12 * HOUR), node: amount(3), pod: fc.option(amount(8)), micros: amount(2_000_000) }), {
    maxLength: 3,
  })
  .map((all) =>
    all.map(({ at, node, pod, micros }, index): BodyOf<'plan'> => {
      const held = { namespace: 'default', pod: pod === null ? null : `p${pod}`, node: `n${node}`, controller: null };
      const figures = { microsPerHour: { before: 2, after: 1, bound: 1 }, memoryFraction: 0.8 };
      const blockers = [{ ...held, reasons: ['a reason'], microsPerHour: micros }];
      return { kind: 'plan', at, run: `r${index}`, schedule: 's', ...figures, blockers };
    }),
  );

test('the parts are never negative and sum up to what the nodes cost, each node’s to its own', () => {
  fc.assert(
    fc.property(nodes, pods, plans, (someNodes, somePods, somePlans) => {
      const { shares, microsTotal } = allocate([...someNodes, ...somePods, ...somePlans], PERIOD);
      let sum = 0;
      for (const node of someNodes) {
        const ms = Math.max(0, Math.min(node.until, PERIOD.to) - Math.max(node.from, PERIOD.from));
        const exact = BigInt(node.microsPerHour!) * BigInt(ms);
        const cost = Number((2n * exact + BigInt(HOUR)) / (2n * BigInt(HOUR)));
        const mine = shares.filter((share) => share.node.uid === node.uid);
        for (const { cpuMicros, memoryMicros, gpuMicros } of mine) {
          for (const part of [cpuMicros, memoryMicros, gpuMicros]) expect(part).toBeGreaterThanOrEqual(0);
        }
        expect(mine.reduce((all, one) => all + one.cpuMicros + one.memoryMicros + one.gpuMicros, 0)).toBe(cost);
        sum += cost;
      }
      expect(microsTotal).toBe(sum);
    }),
    { numRuns: 200, seed: 1 },
  );
});

test('cutting lives in two, and the order in which all is told, change nothing', () => {
  const cut = (body: Body, part: number): Body[] => {
    if (body.kind !== 'pod' && body.kind !== 'node') return [body];
    const at = body.from + Math.floor((body.until - body.from) * part);
    return at <= body.from || at >= body.until
      ? [body]
      : [
          { ...body, until: at },
          { ...body, from: at },
        ];
  };
  fc.assert(
    fc.property(
      nodes,
      pods,
      plans,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 14, maxLength: 14 }),
      (someNodes, somePods, somePlans, parts) => {
        const bodies: Body[] = [...someNodes, ...somePods, ...somePlans];
        const figures = (all: readonly Body[]) =>
          allocate(all, PERIOD).shares.map(({ node, pod, idle, cpuMicros, memoryMicros, gpuMicros, ms }) => {
            return [node.uid, pod?.uid ?? idle, cpuMicros, memoryMicros, gpuMicros, ms];
          });
        const pieces = bodies.flatMap((body, index) => cut(body, parts[index]!));
        const expected = figures(bodies);
        expect(figures(pieces)).toEqual(expected);
        expect(figures(pieces.toReversed())).toEqual(expected);
        expect(figures([...pieces.slice(3), ...pieces.slice(0, 3)])).toEqual(expected);
      },
    ),
    { numRuns: 200, seed: 2 },
  );
});

/** Looks at every moment of a second by itself. */
test('the same as counting second by second', () => {
  const SECOND = 1_000;
  const seconds = fc.tuple(amount(60), amount(60)).map(([one, other]) => {
    const from = Math.min(one, other) * SECOND;
    return { from, until: Math.max(Math.max(one, other) * SECOND, from + SECOND) };
  });
  fc.assert(
    fc.property(
      fc.array(fc.record({ span: seconds, cpu: amount(3_000), mib: amount(8_000) }), { minLength: 1, maxLength: 5 }),
      (all) => {
        const node = nodeOf({ until: 61 * SECOND, microsPerHour: 3_600_000_000 });
        const some = all.map(({ span, cpu, mib }, index) =>
          podOf(`p${index}`, { ...span, cpuMilli: cpu, memoryBytes: mib * 2 ** 20 }),
        );
        const cpuWorth = 4 * 0.031611;
        const part = { cpu: cpuWorth / (cpuWorth + 16 * 0.004237), memory: 0 };
        part.memory = 1 - part.cpu;
        const naive = new Map(some.map(({ name }) => [name, 0]));
        for (let at = 0; at < 61 * SECOND; at += SECOND) {
          const there = some.filter(({ from, until }) => from <= at && until > at);
          const cpu = Math.max(
            node.cpuMilli,
            there.reduce((sum, one) => sum + one.cpuMilli, 0),
          );
          const memory = Math.max(
            node.memoryBytes,
            there.reduce((sum, one) => sum + one.memoryBytes, 0),
          );
          for (const { name, cpuMilli, memoryBytes } of there) {
            const micros = 1e6 * (part.cpu * (cpuMilli / cpu) + part.memory * (memoryBytes / memory));
            naive.set(name, naive.get(name)! + micros);
          }
        }
        for (const [name, micros] of naive) expect(Math.abs(total([node, ...some], name) - micros)).toBeLessThan(3);
      },
    ),
    { numRuns: 100, seed: 3 },
  );
});
