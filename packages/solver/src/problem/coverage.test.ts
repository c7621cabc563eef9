import { type Commitment, DEFAULT_POLICY, type Plan } from '@restow/model';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';
import { type LpEngines, loadEngines } from '../lp/engines.ts';
import { makePlan } from '../make-plan.ts';

const GIB = 2 ** 30;
const PLACE = { region: 'us-east-1', zone: 'us-east-1a' };
const BOOK = buildPriceBook([
  { instanceType: 'm5.large', cores: 2, gib: 8, microsPerHour: 96_000 },
  { instanceType: 'm5.xlarge', cores: 4, gib: 16, microsPerHour: 192_000 },
]);
const XLARGE: Commitment = {
  id: 'ri-1',
  kind: 'reserved-instance',
  covers: { instanceTypes: ['m5.xlarge'], families: [], ...PLACE, os: 'linux' },
  amount: { unit: 'machines', count: 1 },
  nanosPerHour: 120_000_000,
  shared: false,
  endsAt: null,
  source: 0,
};

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

/** Two pods, one on a large node and one on a small one, which has room for both. */
function planned(commitments: readonly Commitment[]): Plan {
  const nodes = [
    buildNode('large', { ...PLACE, instanceType: 'm5.xlarge' }),
    buildNode('small', { ...PLACE, instanceType: 'm5.large', allocatable: { cpu: 2000, memory: 8 * GIB, pods: 20 } }),
  ];
  const pods = ['large', 'small'].map((node) =>
    buildPod(`on-${node}`, node, { owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: node, uid: node } }),
  );
  const snapshot = buildSnapshot({ nodes, pods });
  const policy = { ...DEFAULT_POLICY, movePrice: '0', onlyRemove: true };
  const book = { ...BOOK, commitments };
  const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
  return makePlan({ snapshot, book, policy, effort: 'quick', seed: 1 }, context);
}

const removed = ({ steps }: Plan) => steps.flatMap(({ kind, node }) => (kind === 'remove' ? [node] : []));

test('without a reservation the dearer node is emptied', () => {
  const plan = planned([]);
  expect(removed(plan)).toEqual(['large']);
  expect(plan.metadata.basis).toBe('list');
  expect(plan.target.covered).toEqual([]);
  expect(plan.summary.terms).toEqual({
    list: { before: 288_000, after: 96_000 },
    effective: { before: 288_000, after: 96_000 },
    cashSaving: { low: 192_000, high: 192_000 },
    committed: 0,
  });
});

test('with one that goes on being paid it is filled, and no more is said to be saved than will be', () => {
  const plan = planned([XLARGE]);
  expect(removed(plan)).toEqual(['small']);
  expect(plan.metadata.basis).toBe('cash');
  expect(plan.target.covered).toEqual([{ node: 'large', by: ['ri-1'], microsPerHour: 0, mostMicrosPerHour: 0 }]);
  expect(plan.summary.microsPerHour).toMatchObject({ before: 96_000, after: 0, bound: 0 });
  expect(plan.summary.terms).toEqual({
    list: { before: 288_000, after: 192_000 },
    effective: { before: 96_000 + 120_000, after: 120_000 },
    cashSaving: { low: 96_000, high: 96_000 },
    committed: 120_000,
  });
});

test('what others in the organisation would use is saved at most', () => {
  const spend = {
    unit: 'spend',
    nanosPerHour: 200_000_000,
    ofType: { 'm5.large': 60_000_000, 'm5.xlarge': 120_000_000 },
  };
  const plan = planned([
    {
      ...XLARGE,
      kind: 'savings-plan',
      covers: { ...XLARGE.covers, instanceTypes: [] },
      amount: spend as Commitment['amount'],
      shared: true,
    },
  ]);
  // All of both is covered: nothing is certain to be saved, so nothing moves.
  expect(removed(plan)).toEqual([]);
  expect(plan.summary.terms.cashSaving).toEqual({ low: 0, high: 0 });
  expect(plan.target.covered.map(({ mostMicrosPerHour }) => mostMicrosPerHour)).toEqual([192_000, 96_000]);
});
