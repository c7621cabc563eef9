import {
  DEFAULT_POLICY,
  LABEL,
  type Owner,
  type Policy,
  type Snapshot,
  type SnapshotPod,
  UNCONSTRAINED,
} from '@restow/model';
import { buildDeployment, buildNode, buildPod, buildSnapshot } from '@restow/testkit';
import { expect, test } from 'vitest';
import { worldOf } from '../views.ts';
import { stayReasons } from './movability.ts';
import { surgeable } from './surgeable.ts';

const SET = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web', uid: 'rs-web' };
const SELF = { matchLabels: { app: 'web' }, matchExpressions: [] };
const OTHER = { matchLabels: { app: 'other' }, matchExpressions: [] };

interface Case {
  readonly replicas?: number;
  readonly deployment?: Partial<Owner>;
  readonly pod?: Partial<SnapshotPod>;
  readonly more?: Partial<Snapshot>;
  readonly policy?: Partial<Policy>;
}

function clusterOf({ replicas = 1, deployment = {}, pod = {}, more = {} }: Case): Snapshot {
  return buildSnapshot({
    nodes: [buildNode('n')],
    pods: [buildPod('web-1', 'n', { labels: { app: 'web' }, owner: SET, ...pod })],
    owners: buildDeployment(SET, replicas, deployment),
    ...more,
  });
}

function maySurge(one: Case): boolean {
  const snapshot = clusterOf(one);
  return surgeable(snapshot, { ...DEFAULT_POLICY, ...one.policy }, worldOf(snapshot))(snapshot.pods[0]!);
}

const term = (selector: typeof SELF, topologyKey: string) => ({
  topologyKey,
  selector,
  namespaces: [],
  namespaceSelector: null,
  matchLabelKeys: [],
  mismatchLabelKeys: [],
});
const volume = (...accessModes: string[]): Case => ({
  pod: { claims: ['data'] },
  more: {
    persistentVolumes: [{ name: 'pv', nodeAffinity: null, accessModes, driver: 'csi' }],
    persistentVolumeClaims: [{ namespace: 'default', name: 'data', volume: 'pv', storageClass: null }],
  },
});
const antiAffinity = (selector: typeof SELF, key: string): Case => ({
  pod: { spec: { ...UNCONSTRAINED, podAntiAffinity: [term(selector, key)] } },
});
const spread = (topologyKey: string): Case => ({
  pod: {
    spec: {
      ...UNCONSTRAINED,
      topologySpread: [
        {
          topologyKey,
          maxSkew: 1,
          minDomains: null,
          selector: SELF,
          matchLabelKeys: [],
          honourNodeAffinity: true,
          honourNodeTaints: false,
        },
      ],
    },
  },
});

test.each<[string, Case]>([
  ['the only pod of a Deployment', {}],
  ['one with a volume for many writers', volume('ReadWriteMany')],
  ['one with a volume that is only read', volume('ReadOnlyMany')],
  ['one that keeps away from its like on the node', antiAffinity(SELF, LABEL.hostname)],
  ['one that keeps away from others in the zone', antiAffinity(OTHER, LABEL.zone)],
  ['one that is spread over nodes', spread(LABEL.hostname)],
])('by surge may move %s', (_name, one) => {
  expect(maySurge(one)).toBe(true);
});

test.each<[string, Case]>([
  ['one of two', { replicas: 2 }],
  ['one whose rollouts stop the old pod first', { deployment: { surges: false } }],
  ['one of a Deployment that something else owns', { deployment: { owner: { ...SET, kind: 'Application' } } }],
  ['one of a StatefulSet', { pod: { owner: { ...SET, kind: 'StatefulSet', uid: 'sts' } } }],
  ['one whose ReplicaSet is not in the input', { more: { owners: [] } }],
  [
    'one that is scaled by something',
    { more: { autoscalers: [{ namespace: 'default', name: 'hpa', target: { kind: 'Deployment', name: 'web' } }] } },
  ],
  ['one with a volume for one writer', volume('ReadWriteOnce')],
  ['one with a volume for one pod', volume('ReadWriteOncePod')],
  ['one with a volume that is not in the input', { pod: { claims: ['data'] } }],
  ['one that keeps away from its like in the zone', antiAffinity(SELF, LABEL.zone)],
  ['one that is spread over zones', spread(LABEL.zone)],
  ['one that runs beside its like', { pod: { spec: { ...UNCONSTRAINED, podAffinity: [term(SELF, LABEL.hostname)] } } }],
  ['any, where the policy says no', { policy: { pods: { ...DEFAULT_POLICY.pods, surge: false } } }],
])('not by surge moves %s', (_name, one) => {
  expect(maySurge(one)).toBe(false);
});

test('a budget that allows no disruption keeps only what cannot move by surge', () => {
  const more = {
    podDisruptionBudgets: [{ namespace: 'default', name: 'pdb', selector: SELF, disruptionsAllowed: 0 }],
  };
  const reasons = (one: Case) => {
    const snapshot = clusterOf(one);
    return stayReasons(snapshot, DEFAULT_POLICY, worldOf(snapshot)).get('default/web-1') ?? [];
  };
  expect(reasons({ more })).toEqual([]);
  expect(reasons({ more, deployment: { surges: false } })).toEqual([expect.stringMatching(/allows no disruption now/)]);
});
