import type { SnapshotPod } from '@restow/model';
import { PriceLookup } from '@restow/pricing';
import { attachLimitsOf } from '@restow/scheduling';
import { generateCluster } from '@restow/testkit';
import { expect, test } from 'vitest';
import { daemonPodOf } from '../end-state.ts';
import { EndRules } from '../few-pods/end-rules.ts';
import { podSetsOf } from '../few-pods/pod-sets.ts';
import { buildProblem } from '../problem/build-problem.ts';
import { homeOf } from '../problem/home-of.ts';
import { Random } from '../search/random.ts';
import { type CheckedMove, checkPlan, type LaunchedNode } from './check-plan.ts';
import { possibleEndsOf } from './may-end.ts';

const SEEDS = process.env.RESTOW_SOAK === '1' ? 3_000 : 150;
const TRIALS = 40;

test('where any order of moves leads that the checker passes, a plan may end; and not everywhere', {
  timeout: 600_000,
}, () => {
  let moved = 0;
  let refused = 0;
  let ruledOut = 0;
  for (let seed = 0; seed < SEEDS; seed++) {
    const { snapshot, book, policy } = generateCluster(seed);
    const problem = buildProblem(snapshot, book, new PriceLookup(book), policy);
    const sets = podSetsOf(problem);
    if (sets === null || sets.pods === 0) continue;
    const random = new Random(seed);
    const kinds = [0, 1].flatMap(() => (problem.kinds.length === 0 ? [] : [random.below(problem.kinds.length)]));
    const names = [...problem.nodes.map(({ node }) => node.name), ...kinds.map((_, k) => `launched-${k}`)];
    const launched = kinds.map((index, k): LaunchedNode => {
      const kind = problem.kinds[index]!;
      const { arch, os, capacityType } = kind.offering;
      const daemons = kind.daemons.map((_, daemon) => daemonPodOf(kind, daemon, `launched-${k}`));
      return { view: kind.view(`launched-${k}`), arch, os, capacityType, group: null, daemons };
    });
    const limits = attachLimitsOf(snapshot);
    const limitAttach = (node: string) => limits.byNode.get(node) ?? {};
    const members = sets.classes.flatMap((c) => problem.classes[c]!.pods);
    const where = new Map<SnapshotPod, string>(members.map((pod) => [pod, pod.node!]));
    const moves: CheckedMove[] = [];
    const { mayEnd, tolerates } = possibleEndsOf(snapshot, problem, sets);
    const rules = new EndRules(problem, sets, tolerates);
    const setOn = (name: string) =>
      sets.classes.reduce((set, c, at) => {
        const there = problem.classes[c]!.pods.filter((pod) => where.get(pod) === name);
        return set + there.length * sets.one(at);
      }, 0);
    const isRuledOut = () => {
      const all = names.map(setOn);
      const onNodes = all.slice(0, problem.nodes.length);
      // What is left again was launched for a while only.
      const used = kinds.flatMap((kind, k) => {
        const set = all[problem.nodes.length + k]!;
        return set === 0 ? [] : [[kind, set] as const];
      });
      let left = sets.size - 1;
      const answers = [
        ...onNodes.flatMap((set, node) => {
          left -= set;
          const there = problem.nodes[node]!;
          return [rules.mayBeOn(set, there.domains, (c) => homeOf(there, c)), rules.enterNode(node, set, left)];
        }),
        ...used.flatMap(([kind, set]) => {
          left -= set;
          return [rules.mayBeOn(set, problem.kinds[kind]!.domains, () => 0), rules.enterKind(kind, set, left)];
        }),
      ];
      for (let entered = onNodes.length + used.length; entered > 0; entered--) rules.leave();
      return { byRules: answers.includes(false), byEnd: !mayEnd({ onNodes, launched: used }) };
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
        expect(isRuledOut(), `seed ${seed}`).toEqual({ byRules: false, byEnd: false });
      } else {
        const { byRules, byEnd } = isRuledOut();
        if (byRules) ruledOut++;
        if (byEnd) refused++;
        where.set(pod, from);
      }
    }
  }
  expect(moved).toBeGreaterThan(SEEDS);
  expect(refused).toBeGreaterThan(SEEDS / 2);
  expect(ruledOut).toBeGreaterThan(SEEDS / 2);
});
