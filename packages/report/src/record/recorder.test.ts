import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Body, BodyOf } from '../ledger/entry.ts';
import { SqliteStore } from '../ledger/sqlite-store.ts';
import type { Facts, NodeFacts, PodFacts } from './facts.ts';
import { Recorder } from './recorder.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = 1_000 * HOUR + 20 * MINUTE;

const nodeOf = (uid: string, microsPerHour = 100): NodeFacts => ({
  ...{ uid, name: uid, instanceType: 'm', zone: null, capacityType: 'spot', group: null },
  ...{ cpuMilli: 1, memoryBytes: 1, gpus: 0, microsPerHour, listMicrosPerHour: microsPerHour },
});
const podOf = (uid: string, node: string, usedMemoryBytes: number | null = null): PodFacts => ({
  ...{ uid, namespace: 'default', name: uid, node, controller: null, labels: {} },
  ...{ cpuMilli: 1, memoryBytes: 1, gpus: 0, usedMemoryBytes },
});
const opened = () => SqliteStore.open(':memory:');
const recorder = (store: SqliteStore, at = START) => new Recorder({ store, cluster: 'c', currency: 'USD' }, at);
const bodiesOf = (store: SqliteStore): Body[] => [...store.entries()].map(({ body }) => body);
const of = <Kind extends Body['kind']>(store: SqliteStore, kind: Kind) =>
  bodiesOf(store).filter((body): body is BodyOf<Kind> => body.kind === kind);
const span = ({ uid, from, until }: BodyOf<'node'> | BodyOf<'pod'>) => [
  uid,
  (from - START) / MINUTE,
  (until - START) / MINUTE,
];

test('what ends or changes is written when it does, the rest every full hour', () => {
  const store = opened();
  const one = recorder(store);
  one.observe({ nodes: [nodeOf('a'), nodeOf('b')], pods: [podOf('p', 'a')] }, START);
  one.observe({ nodes: [nodeOf('a'), nodeOf('b', 200)], pods: [podOf('p', 'a')] }, START + 10 * MINUTE);
  one.observe({ nodes: [nodeOf('a'), nodeOf('b', 200)], pods: [podOf('q', 'b')] }, START + 15 * MINUTE);
  expect(of(store, 'node').map(span)).toEqual([['b', 0, 10]]);
  expect(of(store, 'pod').map(span)).toEqual([['p', 0, 15]]);
  one.tick(START + 101 * MINUTE);
  expect(of(store, 'node').map(span)).toEqual([
    ['b', 0, 10],
    ['a', 0, 40],
    ['b', 10, 40],
    ['a', 40, 100],
    ['b', 40, 100],
  ]);
  expect(of(store, 'pod').map(span)).toEqual([
    ['p', 0, 15],
    ['q', 15, 40],
    ['q', 40, 100],
  ]);
  one.close(START + 110 * MINUTE);
  expect(of(store, 'node').slice(-2).map(span)).toEqual([
    ['a', 100, 110],
    ['b', 100, 110],
  ]);
  expect(of(store, 'opened')).toMatchObject([{ at: START, cluster: 'c', currency: 'USD' }]);
});

test('of memory the most that was measured within an interval counts', () => {
  const store = opened();
  const one = recorder(store);
  for (const [minute, used] of [
    [0, 5],
    [1, 9],
    [2, null],
    [3, 7],
    [45, 2],
  ] as const) {
    one.observe({ nodes: [nodeOf('a')], pods: [podOf('p', 'a', used)] }, START + minute * MINUTE);
  }
  one.close(START + 50 * MINUTE);
  expect(of(store, 'pod').map(({ usedMemoryBytes }) => usedMemoryBytes)).toEqual([9, 2]);
});

test('after a crash it goes on with what is still there, and says for which time it does not know what came and went', () => {
  const store = opened();
  const first = recorder(store);
  first.observe({ nodes: [nodeOf('a'), nodeOf('gone')], pods: [podOf('p', 'a')] }, START);
  first.tick(START + 6 * MINUTE);
  const second = recorder(store, START + 17 * MINUTE);
  second.observe({ nodes: [nodeOf('a'), nodeOf('new')], pods: [podOf('p', 'a')] }, START + 17 * MINUTE);
  second.close(START + 20 * MINUTE);
  expect(of(store, 'gap')).toMatchObject([{ from: START + 6 * MINUTE, until: START + 17 * MINUTE }]);
  expect(of(store, 'node').map(span)).toEqual([
    ['gone', 0, 6],
    ['a', 0, 20],
    ['new', 17, 20],
  ]);
  expect(of(store, 'pod').map(span)).toEqual([['p', 0, 20]]);
  expect(of(store, 'opened').length).toBe(1);
});

test('what could not be written is written with what comes next', () => {
  const store = opened();
  const one = recorder(store);
  one.observe({ nodes: [nodeOf('a'), nodeOf('b')], pods: [] }, START);
  const append = store.append.bind(store);
  store.append = () => {
    throw new Error('no room');
  };
  expect(() => one.observe({ nodes: [nodeOf('a')], pods: [] }, START + MINUTE)).toThrow('no room');
  store.append = append;
  one.observe({ nodes: [nodeOf('a')], pods: [] }, START + 2 * MINUTE);
  // Until when it was there is known no better.
  expect(of(store, 'node').map(span)).toEqual([['b', 0, 2]]);
});

/** Every thing at every minute, as the ledger has it. */
function perMinute(bodies: readonly Body[], minutes: number): string[] {
  return Array.from({ length: minutes }, (_, minute) => {
    const at = START + minute * MINUTE;
    const there = bodies.flatMap((body) => {
      if ((body.kind !== 'node' && body.kind !== 'pod') || body.from > at || body.until <= at) return [];
      return [body.kind === 'node' ? `${body.uid}=${body.microsPerHour}` : `${body.uid}@${body.node}`];
    });
    return there.sort().join(' ');
  });
}

test('whatever comes and goes, each moment is written down once and as it was', () => {
  const facts = fc.record({
    nodes: fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom(100, 200)), {
      selector: ([uid]) => uid,
    }),
    pods: fc.uniqueArray(fc.tuple(fc.constantFrom('p', 'q', 'r'), fc.constantFrom('a', 'b')), {
      selector: ([uid]) => uid,
    }),
  });
  fc.assert(
    fc.property(
      fc.array(fc.record({ facts, minutes: fc.integer({ min: 1, max: 50 }) }), { minLength: 1, maxLength: 12 }),
      (steps) => {
        const store = opened();
        const one = recorder(store);
        const expected: string[] = [];
        let at = START;
        for (const {
          facts: { nodes, pods },
          minutes,
        } of steps) {
          const seen: Facts = {
            nodes: nodes.map(([uid, price]) => nodeOf(uid, price)),
            pods: pods.map(([uid, node]) => podOf(uid, node)),
          };
          one.observe(seen, at);
          const texts = [
            ...nodes.map(([uid, price]) => `${uid}=${price}`),
            ...pods.map(([uid, node]) => `${uid}@${node}`),
          ];
          for (let minute = 0; minute < minutes; minute++) {
            expected.push(texts.toSorted().join(' '));
            at += MINUTE;
            one.tick(at);
          }
        }
        one.close(at);
        expect(perMinute(bodiesOf(store), expected.length)).toEqual(expected);
        expect(of(store, 'gap')).toEqual([]);
        for (const body of bodiesOf(store)) {
          if (body.kind !== 'node' && body.kind !== 'pod') continue;
          expect(body.from).toBeLessThan(body.until);
          expect(Math.floor(body.from / HOUR)).toBe(Math.floor((body.until - 1) / HOUR));
        }
      },
    ),
    { numRuns: 100, seed: 6 },
  );
});
