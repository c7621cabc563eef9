import { expect, test } from 'vitest';
import { KINDS } from './kinds.ts';

const object = (kind: string, spec: object) => ({
  kind,
  group: KINDS[kind as 'Deployment'].group,
  body: { metadata: { name: 'one', uid: 'u' }, spec },
  file: 'test',
  path: 'items[0]',
});

test.each([
  [undefined, true],
  [{}, true],
  [{ type: 'RollingUpdate' }, true],
  [{ type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } }, true],
  [{ type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } }, true],
  [{ type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } }, false],
  [{ type: 'RollingUpdate', rollingUpdate: { maxSurge: '0%' } }, false],
  [{ type: 'Recreate' }, false],
])('a Deployment with strategy %j surges: %s', (strategy, surges) => {
  expect(KINDS.Deployment.project(object('Deployment', { replicas: 1, strategy }))).toMatchObject({ surges });
});

test.each([
  [undefined, false],
  [[], false],
  [[{ nodes: '10%' }], false],
  [[{ nodes: '0' }], true],
  [[{ nodes: '0%' }], true],
  [[{ nodes: '10' }, { nodes: '0', reasons: ['Underutilized', 'Drifted'] }], true],
  [[{ nodes: '0', reasons: ['Drifted'] }], false],
  [[{ nodes: '0', schedule: '0 9 * * *', duration: '8h' }], false],
])('a NodePool with budgets %j never lets a node go: %s', (budgets, closed) => {
  const spec = { template: { spec: {} }, ...(budgets === undefined ? {} : { disruption: { budgets } }) };
  expect(KINDS.NodePool.project(object('NodePool', spec))).toMatchObject({ closed });
});
