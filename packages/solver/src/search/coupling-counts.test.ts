import { DEFAULT_POLICY, LABEL, type SchedulingSpec, UNCONSTRAINED } from '@restow/model';
import { PriceLookup } from '@restow/pricing';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { expect, test } from 'vitest';
import { buildProblem } from '../problem/build-problem.ts';
import { Packing } from './packing.ts';

const spread: SchedulingSpec = {
  ...UNCONSTRAINED,
  topologySpread: [
    {
      topologyKey: LABEL.hostname,
      maxSkew: 1,
      minDomains: null,
      selector: { matchLabels: { app: 'web' }, matchExpressions: [] },
      matchLabelKeys: [],
      honourNodeAffinity: true,
      honourNodeTaints: false,
    },
  ],
};

/** One class of pods, spread over nodes with a skew of one, so many on each node. */
function packingOf(counts: readonly number[]): Packing {
  const nodes = counts.map((_, node) => buildNode(`node-${node}`));
  const pods = counts.flatMap((count, node) =>
    Array.from({ length: count }, (_, k) =>
      buildPod(`web-${node}-${k}`, `node-${node}`, { labels: { app: 'web' }, requests: { cpu: 100 }, spec: spread }),
    ),
  );
  const book = buildPriceBook([{ instanceType: 'standard-4', cores: 4, gib: 16, pods: 20, microsPerHour: 100_000 }]);
  return new Packing(buildProblem(buildSnapshot({ nodes, pods }), book, new PriceLookup(book), DEFAULT_POLICY));
}

/** Whether one pod may go from the one node to the other. */
function mayGo(packing: Packing, from: number, to: number): boolean {
  packing.remove(from, 0, 1);
  const answer = packing.tryAdd(to, 0, 1) === 1 && packing.coupling.isSound();
  packing.rollback();
  return answer;
}

test('pods of a spread that is broken on a node already may leave it, and nobody comes where it would be broken', () => {
  const packing = packingOf([3, 1, 0]);
  expect(mayGo(packing, 0, 2)).toBe(true);
  expect(mayGo(packing, 0, 1)).toBe(false);
  expect(mayGo(packing, 1, 2)).toBe(true);
  expect(mayGo(packing, 1, 0)).toBe(false);
});

test('where a spread is kept only because no node is empty, its pods stay', () => {
  const packing = packingOf([2, 1]);
  expect(mayGo(packing, 0, 1)).toBe(false);
  expect(mayGo(packing, 1, 0)).toBe(false);
});
