import type { SnapshotPod } from '@restow/model';
import { PriceLookup } from '@restow/pricing';
import { attachLimitsOf } from '@restow/scheduling';
import { generateCluster } from '@restow/testkit';
import { expect, test } from 'vitest';
import { daemonPodOf } from '../end-state.ts';
import { buildProblem } from '../problem/build-problem.ts';
import { Random } from '../search/random.ts';
import { fewPods } from '../search/set-costs.ts';
import { type CheckedMove, checkPlan, type LaunchedNode } from './check-plan.ts';
import { mayEndOf } from './may-end.ts';

const SEEDS = process.env.RESTOW_SOAK === '1' ? 3_000 : 150;
const TRIALS = 40;

test('where any order of moves leads that the checker passes, a plan may end; and not everywhere', {
  timeout: 600_000,
}, () => {
  let moved = 0;
  let refused = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const { snapshot, book, policy } = generateCluster(seed);
    const problem = buildProblem(snapshot, book, new PriceLookup(book), policy);
    const pods = fewPods(problem);
    if (pods === null || pods.length === 0) continue;
    const random = new Random(seed);
    const kinds = [0, 1].flatMap(() => (problem.kinds.length === 0 ? [] : [random.below(problem.kinds.length)]));
    const names = [...problem.nodes.map(({ node }) => node.name), ...kinds.map((_, k) => `launched-${k}`)];
    const launched = kinds.map((index, k): LaunchedNode => {
      const kind = problem.kinds[index]!;
      const { arch, os, capacityType } = kind.offering;
      const daemons = kind.daemons.map((_, daemon) => daemonPodOf(kind, daemon, `launched-${k}`));
      return { view: kind.view(`launched-${k}`), arch, os, capacityType, daemons };
    });
    const limits = attachLimitsOf(snapshot);
    const limitAttach = (node: string) => limits.byNode.get(node) ?? {};
    const members = [...new Set(pods)].flatMap((c) => problem.classes[c]!.pods);
    const where = new Map<SnapshotPod, string>(members.map((pod) => [pod, pod.node!]));
    const moves: CheckedMove[] = [];
    const mayEnd = mayEndOf(snapshot, problem);
    const placement = () => {
      const left = [...pods.keys()];
      const setOn = (name: string) => {
        let set = 0;
        for (const [pod, node] of where) {
          if (node !== name) continue;
          const at = left.findIndex((index) => problem.classes[pods[index]!]!.pods.includes(pod));
          set |= 1 << left.splice(at, 1)[0]!;
        }
        return set;
      };
      const sets = names.map(setOn);
      const onKinds = kinds.map((kind, k) => [kind, sets[problem.nodes.length + k]!] as const);
      // What is left again was launched for a while only.
      return { onNodes: sets.slice(0, problem.nodes.length), launched: onKinds.filter(([, set]) => set !== 0) };
    };
    for (let trial = 0; trial < TRIALS; trial++) {
      const pod = members[random.below(members.length)]!;
      const from = where.get(pod)!;
      const to = names[random.below(names.length)]!;
      if (to === from) continue;
      const more = [...moves, { pod, from, to }];
      const wrong = checkPlan({ snapshot, policy, launched, moves: more, removed: [], limitAttach });
      where.set(pod, to);
      if (wrong.length === 0) {
        moves.push({ pod, from, to });
        moved++;
        expect(mayEnd(pods, placement()), `seed ${seed}`).toBe(true);
      } else {
        if (!mayEnd(pods, placement())) refused++;
        where.set(pod, from);
      }
    }
  }
  expect(moved).toBeGreaterThan(SEEDS);
  expect(refused).toBeGreaterThan(SEEDS / 2);
});
