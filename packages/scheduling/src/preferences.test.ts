import { UNCONSTRAINED, UNPREFERRED_TAINT } from '@restow/model';
import { expect, test } from 'vitest';
import { NO_PREFERENCES, unmetOnNode } from './preferences.ts';

const node = {
  name: 'one',
  labels: { disk: 'ssd' },
  taints: [
    { key: 'old', value: '', effect: 'PreferNoSchedule' },
    { key: UNPREFERRED_TAINT, value: '', effect: 'PreferNoSchedule' },
    { key: 'gpu', value: '', effect: 'NoSchedule' },
  ],
  unschedulable: false,
  allocatable: {},
  attachLimits: {},
};
const disk = (weight: number, value: string) => ({
  weight,
  term: { matchExpressions: [{ key: 'disk', operator: 'In' as const, values: [value] }], matchFields: [] },
});

test('what is preferred of a node is counted by its weight, and a taint that only prefers in full', () => {
  const preferences = { ...NO_PREFERENCES, nodes: [disk(30, 'ssd'), disk(7, 'hdd')] };
  expect(unmetOnNode({ spec: { ...UNCONSTRAINED, preferences } }, node)).toBe(107);
  const tolerations = [{ key: 'old', operator: 'Exists' as const, value: '', effect: null }];
  expect(unmetOnNode({ spec: { ...UNCONSTRAINED, tolerations, preferences } }, node)).toBe(7);
});
