import { ClusterState, NODE_RULES, STATE_RULES, worldOf } from '@restow/scheduling';
import { generateCluster } from '@restow/testkit';
import { expect, test } from 'vitest';
import { NAIVE_RULES, type NaiveNode, type NaiveWorld } from '../naive/rules.ts';

/**
 * Every rule against a naive statement of it, over every pod and node of generated clusters. A rule must be seen to say
 * both yes and no often, or the comparison says nothing.
 */
const CLUSTERS = 300;

test('each rule agrees with its naive statement, and each says yes and no', () => {
  const verdicts = new Map<string, { yes: number; no: number }>();
  for (let seed = 0; seed < CLUSTERS; seed++) {
    const { snapshot } = generateCluster(seed);
    const world = worldOf(snapshot);
    const views = snapshot.nodes.map(({ name, labels, taints, unschedulable, allocatable }) => ({
      name,
      labels,
      taints,
      unschedulable,
      allocatable,
      attachLimits: { csi: 2 },
    }));
    const naiveNodes = views.map((view): NaiveNode => ({ ...view, attachLimit: 2 }));
    const volumeZone = new Map(
      snapshot.persistentVolumeClaims.map((claim) => [
        `${claim.namespace}/${claim.name}`,
        snapshot.persistentVolumes.find(({ name }) => name === claim.volume)!.nodeAffinity![0]!.matchExpressions[0]!
          .values[0]!,
      ]),
    );
    const state = new ClusterState(world, views);
    for (const pod of snapshot.pods) state.add(pod, pod.node!);
    for (const pod of snapshot.pods) {
      state.remove(pod, pod.node!);
      const running = snapshot.pods.filter((one) => one !== pod).map((one) => ({ pod: one, node: one.node! }));
      const naive: NaiveWorld = { nodes: naiveNodes, running, volumeZone };
      views.forEach((view, index) => {
        const said: [string, boolean][] = [
          ...NODE_RULES.map((rule): [string, boolean] => [rule.name, rule.check(pod, view, world) === null]),
          ...STATE_RULES.map((rule): [string, boolean] => [
            rule.name,
            rule.check(pod, state.place(view.name), state) === null,
          ]),
        ];
        for (const [name, yes] of said) {
          const expected = NAIVE_RULES[name]!(pod, naiveNodes[index]!, naive);
          expect(yes, `seed ${seed}: ${name} of ${pod.name} on ${view.name}`).toBe(expected);
          const count = verdicts.get(name) ?? { yes: 0, no: 0 };
          count[yes ? 'yes' : 'no']++;
          verdicts.set(name, count);
        }
      });
      state.add(pod, pod.node!);
    }
  }
  expect([...verdicts.keys()].sort()).toEqual(Object.keys(NAIVE_RULES).sort());
  for (const [name, { yes, no }] of verdicts) expect(Math.min(yes, no), name).toBeGreaterThan(40);
});
