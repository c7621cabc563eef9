import { expect, test } from 'vitest';
import { node as schema } from '../kubernetes/node.ts';
import { projectNode } from './node.ts';

const project = (labels: Record<string, string>, annotations: Record<string, string> = {}) =>
  projectNode(schema.parse({ metadata: { name: 'n', labels, annotations }, status: { allocatable: { cpu: '1' } } }))!;

test.each([
  [{ 'karpenter.sh/nodepool': 'p' }, 'karpenter', 'p'],
  [{ 'eks.amazonaws.com/nodegroup': 'g' }, 'eks', 'g'],
  [{ 'alpha.eksctl.io/nodegroup-name': 'g' }, 'eks', 'g'],
  [{ 'cloud.google.com/gke-nodepool': 'g' }, 'gke', 'g'],
  [{ 'kops.k8s.io/instancegroup': 'g' }, 'kops', 'g'],
  [{ 'restow.dev/template': 'plain' }, 'restow', null],
  [{}, 'unknown', null],
])('the labels %j say that %s owns the node', (labels, owner, group) => {
  expect(project(labels as Record<string, string>)).toMatchObject({ owner, group });
});

test('Cluster API says so by an annotation', () => {
  expect(project({}, { 'cluster.x-k8s.io/machine': 'm', 'cluster.x-k8s.io/owner-name': 'set' })).toMatchObject({
    owner: 'cluster-api',
    group: 'set',
  });
});

test.each([
  [{ 'karpenter.sh/capacity-type': 'spot' }, 'spot'],
  [{ 'eks.amazonaws.com/capacityType': 'SPOT' }, 'spot'],
  [{ 'eks.amazonaws.com/capacityType': 'ON_DEMAND' }, 'on-demand'],
  [{ 'cloud.google.com/gke-spot': 'true' }, 'spot'],
  [{ 'karpenter.sh/capacity-type': 'reserved' }, 'reserved'],
  [{}, 'on-demand'],
])('the labels %j mean %s capacity', (labels, capacityType) => {
  expect(project(labels as Record<string, string>).capacityType).toBe(capacityType);
});

test.each([
  ['us-east-1a', 'us-east-1'],
  ['us-central1-b', 'us-central1'],
])('zone %s is in region %s when no label says so', (zone, region) => {
  expect(project({ 'topology.kubernetes.io/zone': zone })).toMatchObject({ zone, region });
});

test('old labels count where new ones are not set', () => {
  expect(project({ 'beta.kubernetes.io/instance-type': 'm5.large' }).instanceType).toBe('m5.large');
});

test('conditions that announce an end are told by their types, and only where they are true', () => {
  const withConditions = (...conditions: { type: string; status: string }[]) =>
    projectNode(schema.parse({ metadata: { name: 'n' }, status: { allocatable: { cpu: '1' }, conditions } }))!
      .announced;
  const ready = { type: 'Ready', status: 'True' };
  expect(withConditions(ready, { type: 'PreemptScheduled', status: 'True' })).toEqual(['PreemptScheduled']);
  expect(withConditions(ready, { type: 'PreemptScheduled', status: 'False' })).toBe(undefined);
  expect(withConditions(ready)).toBe(undefined);
});
