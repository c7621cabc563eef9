import { DEFAULT_POLICY, type Policy, type Snapshot, type SnapshotPod } from '@restow/model';
import { buildNode, buildPod, buildSnapshot } from '@restow/testkit';
import { expect, test } from 'vitest';
import { worldOf } from '../views.ts';
import { stayReasons } from './movability.ts';

const ANY = { matchLabels: {}, matchExpressions: [] };

function reasons(
  change: Partial<SnapshotPod>,
  more: Partial<Snapshot> = {},
  policy: Partial<Policy> = {},
): readonly string[] {
  const snapshot = buildSnapshot({ nodes: [buildNode('n')], pods: [buildPod('p', 'n', change)], ...more });
  return stayReasons(snapshot, { ...DEFAULT_POLICY, ...policy }, worldOf(snapshot)).get('default/p') ?? [];
}

const owner = (kind: string) => ({ apiVersion: 'x/v1', kind, name: 'o', uid: 'o' });
const budget = (disruptionsAllowed: number | null, name = 'pdb') => ({
  namespace: 'default',
  name,
  selector: ANY,
  disruptionsAllowed,
});

test('a pod of a ReplicaSet without anything special may move', () => {
  expect(reasons({})).toEqual([]);
  expect(reasons({ owner: owner('StatefulSet') })).toEqual([]);
  expect(reasons({}, { podDisruptionBudgets: [budget(1)] })).toEqual([]);
});

test.each<[string, Partial<SnapshotPod>, RegExp, Partial<Snapshot>?]>([
  ['a bare pod', { owner: null }, /bare pod/],
  ['a pod of an unknown owner', { owner: owner('Rocket') }, /Rocket is not understood/],
  ['a pod of a Job', { owner: owner('Job') }, /Job/],
  ['a terminating pod', { terminating: true }, /terminating/],
  ['a protected pod', { doNotDisrupt: 'karpenter.sh/do-not-disrupt=true' }, /do-not-disrupt/],
  ['a pod with local data', { localVolumes: ['cache'] }, /local data in cache/],
  ['a pod with a resource claim', { resourceClaims: ['gpu'] }, /dynamic resource claims/],
  ['a pod with something unknown', { notUnderstood: ['volume kind foo'] }, /volume kind foo/],
  ['a pod whose volume is not there', { claims: ['c'] }, /claim c is not in the input/],
  ['a pod whose budget allows nothing', {}, /pdb allows no disruption/, { podDisruptionBudgets: [budget(0)] }],
  ['a pod whose budget is silent', {}, /does not say/, { podDisruptionBudgets: [budget(null)] }],
  ['a pod with two budgets', {}, /several .* \(a, b\)/, { podDisruptionBudgets: [budget(5, 'a'), budget(5, 'b')] }],
])('%s stays', (_what, change, said, more) => {
  expect(reasons(change, more)).toEqual([expect.stringMatching(said)]);
});

test('a pod that another scheduler places stays', () => {
  const { spec } = buildPod('p', 'n');
  expect(reasons({ spec: { ...spec, schedulerName: 'other' } })).toEqual([expect.stringMatching(/scheduler other/)]);
});

test('policy and the owner can say otherwise about data and Jobs', () => {
  const pods = { ...DEFAULT_POLICY.pods, moveJobs: true, moveLocalData: true };
  expect(reasons({ owner: owner('Job'), localVolumes: ['x'] }, {}, { pods })).toEqual([]);
  expect(reasons({ localVolumes: ['x'], safeToEvict: true })).toEqual([]);
});
