import { buildNode } from '@restow/testkit';
import { expect, test } from 'vitest';
import { noticesOnNode } from './notices-on-node.ts';

const NOW = 1_000_000;
const taint = (key: string) => ({ key, value: '', effect: 'NoSchedule' }) as const;

test.each([
  ['aws-node-termination-handler/spot-itn', 'spot-interruption', NOW + 120_000],
  ['aws-node-termination-handler/rebalance-recommendation', 'rebalance-hint', null],
  ['aws-node-termination-handler/scheduled-maintenance', 'maintenance', null],
  ['aws-node-termination-handler/asg-lifecycle-termination', 'going', null],
  ['cloud.google.com/impending-node-termination', 'spot-interruption', NOW + 25_000],
] as const)('the taint %s is a notice', (key, kind, deadline) => {
  const node = buildNode('n', { taints: [taint('other'), taint(key)] });
  expect(noticesOnNode(node, NOW)).toEqual([{ id: `${node.uid} ${key}`, kind, node: 'n', deadline }]);
});

test('conditions that announce an end are notices, those of a freeze and all others are not', () => {
  const node = buildNode('n', { announced: ['PreemptScheduled', 'FreezeScheduled', 'TerminateScheduled'] });
  expect(noticesOnNode(node, NOW).map(({ kind, deadline }) => [kind, deadline])).toEqual([
    ['spot-interruption', NOW + 30_000],
    ['going', null],
  ]);
  expect(noticesOnNode(buildNode('n'), NOW)).toEqual([]);
});
