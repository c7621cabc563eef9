import { DEFAULT_POLICY, LABEL, type NodePool } from '@restow/model';
import { buildNode, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { expect, test } from 'vitest';
import { templatesOf } from './templates.ts';

const offerings = buildPriceBook([
  { instanceType: 'm6a.large', cores: 2, gib: 8, microsPerHour: 1 },
  { instanceType: 'c7g.xlarge', cores: 4, gib: 8, microsPerHour: 1, arch: 'arm64' },
]).offerings;
const [m6a, c7g] = offerings as [(typeof offerings)[0], (typeof offerings)[0]];

function pool(requirements: NodePool['requirements']): NodePool {
  return {
    name: 'p',
    weight: 0,
    labels: { team: 'x' },
    taints: [],
    startupTaints: [],
    requirements,
    limits: {},
    closed: false,
  };
}
function accepts(requirements: NodePool['requirements']): boolean[] {
  const [template] = templatesOf(buildSnapshot({ nodePools: [pool(requirements)] }), DEFAULT_POLICY, true);
  return [m6a, c7g].map((offering) => template!.accepts(offering, 'zone-a') !== null);
}

test.each<[NodePool['requirements'][number], boolean[]]>([
  [{ key: LABEL.arch, operator: 'In', values: ['amd64'] }, [true, false]],
  [{ key: 'karpenter.k8s.aws/instance-category', operator: 'In', values: ['c'] }, [false, true]],
  [{ key: 'karpenter.k8s.aws/instance-generation', operator: 'Gt', values: ['6'] }, [false, true]],
  [{ key: 'karpenter.k8s.aws/instance-generation', operator: 'Gte', values: ['6'] }, [true, true]],
  [{ key: 'karpenter.k8s.aws/instance-size', operator: 'NotIn', values: ['xlarge'] }, [true, false]],
  [{ key: LABEL.zone, operator: 'In', values: ['zone-b'] }, [false, false]],
  [{ key: 'karpenter.k8s.aws/instance-hypervisor', operator: 'In', values: ['nitro'] }, [false, false]],
])('a pool that wants %j takes m6a and c7g: %j', (requirement, expected) => {
  expect(accepts([requirement])).toEqual(expected);
});

test('a pool gives its nodes its labels, its name, and the values of requirements of its own', () => {
  const snapshot = buildSnapshot({ nodePools: [pool([{ key: 'tier', operator: 'In', values: ['gold'] }])] });
  const [template] = templatesOf(snapshot, DEFAULT_POLICY, false);
  expect(template!.labels).toEqual({ team: 'x', tier: 'gold', 'karpenter.sh/nodepool': 'p' });
});

test('a node group grows by what it has, and by nothing else', () => {
  const nodes = [
    buildNode('a', { owner: 'eks', group: 'g', instanceType: 'm6a.large', labels: { shared: '1', own: 'a' } }),
    buildNode('b', { owner: 'eks', group: 'g', instanceType: 'm6a.large', labels: { shared: '1', own: 'b' } }),
  ];
  const [template, ...others] = templatesOf(buildSnapshot({ nodes }), DEFAULT_POLICY, false);
  expect(others).toEqual([]);
  expect(template!.labels).toMatchObject({ shared: '1' });
  expect(template!.labels).not.toHaveProperty('own');
  expect(template!.accepts(m6a, 'zone-a')).not.toBeNull();
  expect(template!.accepts(m6a, 'zone-b')).toBeNull();
  expect(template!.accepts(c7g, 'zone-a')).toBeNull();
});

test('without any template nothing is launched, unless a price file says what', () => {
  const snapshot = buildSnapshot({ nodes: [buildNode('a')] });
  expect(templatesOf(snapshot, DEFAULT_POLICY, false)).toEqual([]);
  expect(templatesOf(snapshot, DEFAULT_POLICY, true).map(({ name }) => name)).toEqual(['plain']);
});
