import { expect, test } from 'vitest';
import { disruptionAllowance } from './karpenter-budgets.ts';
import { type DisruptionBudget, type NodePool, poolSchema } from './karpenter-objects.ts';

const NOON = Date.UTC(2026, 0, 5, 12);

function poolWith(budgets: readonly DisruptionBudget[] | undefined): NodePool {
  return poolSchema.parse({
    metadata: { name: 'pool', uid: 'u', resourceVersion: '1' },
    spec: {
      ...(budgets === undefined ? {} : { disruption: { budgets } }),
      template: { spec: { nodeClassRef: { group: 'g', kind: 'K', name: 'n' } } },
    },
  });
}

test.each<[string, DisruptionBudget[] | undefined, number]>([
  ['a tenth, rounded up, where none is said', undefined, 2],
  ['none where the list is empty', [], Number.POSITIVE_INFINITY],
  ['the narrowest', [{ nodes: '50%' }, { nodes: '3' }], 3],
  ['nothing', [{ nodes: '0' }], 0],
  [
    'not those for other reasons',
    [
      { nodes: '0', reasons: ['Drifted'] },
      { nodes: '4', reasons: ['Empty'] },
    ],
    4,
  ],
  ['one that is active now', [{ nodes: '0', schedule: '0 9 * * 1-5', duration: '8h' }], 0],
  ['one that begins at this moment', [{ nodes: '0', schedule: '0 12 * * *', duration: '10m' }], 0],
  ['not one that is over', [{ nodes: '0', schedule: '0 9 * * *', duration: '2h30m' }], Number.POSITIVE_INFINITY],
])('allows %s', (_what, budgets, nodes) => {
  expect(disruptionAllowance(poolWith(budgets), 11, NOON).nodes).toBe(nodes);
});

test('says when a schedule ends, and that a standing budget does not', () => {
  const schedule = { nodes: '0', schedule: '0 9 * * 1-5', duration: '8h' };
  expect(disruptionAllowance(poolWith([schedule]), 11, NOON).until).toBe(Date.UTC(2026, 0, 5, 17));
  expect(disruptionAllowance(poolWith([schedule, { nodes: '0' }]), 11, NOON).until).toBeNull();
});
