import { DEFAULT_POLICY, nodeFingerprint, podFingerprint, snapshotDigest } from '@restow/model';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { beforeAll, expect, test } from 'vitest';
import { type LpEngines, loadEngines } from '../lp/engines.ts';
import { makePlan } from '../make-plan.ts';

const GIB = 2 ** 30;
const BOOK = buildPriceBook([{ instanceType: 'standard-4', cores: 4, gib: 16, microsPerHour: 100_000 }]);

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

/** Two nodes of 16 GiB whose pods request 1 GiB each, of different owners, and use so much. */
function plan(usedGib: readonly (number | null)[], memoryFraction: number | null = 0.9) {
  const names = usedGib.map((_, index) => `pod-${index}`);
  const pods = names.map((name, index) => {
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: `rs-${name}` };
    return buildPod(name, index % 2 === 0 ? 'a' : 'b', { owner });
  });
  const podUsage = usedGib.flatMap((gib, index) =>
    gib === null ? [] : [{ namespace: 'default', name: names[index]!, memoryBytes: gib * GIB }],
  );
  const snapshot = buildSnapshot({ nodes: [buildNode('a'), buildNode('b')], pods, podUsage });
  const policy = { ...DEFAULT_POLICY, movePrice: '0', onlyRemove: true, usage: { memoryFraction } };
  const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
  return { snapshot, made: makePlan({ snapshot, book: BOOK, policy, effort: 'quick', seed: 1 }, context) };
}

test.each<[string, readonly (number | null)[], number | null, number]>([
  ['what is used fits into nine tenths of one node', [7, 7], 0.9, 1],
  ['what is used would fill more than nine tenths of one node', [7.5, 7.5], 0.9, 0],
  ['measurements do not count', [7.5, 7.5], null, 1],
  ['the policy allows all of it', [7.5, 7.5], 1, 1],
  ['what was not measured counts as it is requested', [13, null], 0.9, 1],
])('%s: %j, of which %s: %i nodes go', (_name, used, fraction, removed) => {
  expect(plan(used, fraction).made.summary.nodes.removed).toBe(removed);
});

test('the plan names the cluster as it was stated, not as it was measured', () => {
  const { snapshot, made } = plan([7, 7]);
  expect(made.metadata.snapshotDigest).toBe(snapshotDigest(snapshot));
  const [pod] = made.reliesOn.pods;
  expect(pod!.fingerprint).toBe(podFingerprint(snapshot.pods.find(({ uid }) => uid === pod!.uid)!));
  const fingerprints = snapshot.nodes.map(nodeFingerprint);
  for (const { fingerprint } of made.reliesOn.nodes) expect(fingerprints).toContain(fingerprint);
});
