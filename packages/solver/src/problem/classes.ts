import { compareText, type Policy, type Snapshot, type SnapshotPod } from '@restow/model';
import { keptOf, type World } from '@restow/scheduling';
import { inBits } from '../moving/away-costs.ts';
import type { CouplingIndex } from './coupling.ts';
import type { PodCosting } from './pod-costs.ts';
import type { PodPreferences } from './preferences.ts';
import type { PodClass, Problem } from './problem.ts';
import { mayCome, type ShapeIndex } from './shapes.ts';
import { isWaitingRoom } from './waiting-rooms.ts';

/** Pods whose cost of being moved differs in no more than the last of so many binary digits are alike. */
const ALIKE_BITS = 6;
/** What one of a class costs, near enough to be exact and short enough for sums of it to be. */
const SUM_BITS = 20;

interface Group {
  readonly pods: SnapshotPod[];
  readonly eligibility: string;
  readonly isPending: boolean;
  readonly unmet: readonly number[];
  readonly preferences: PodPreferences;
  /** Of all of them together. */
  away: number;
  interruption: number;
}

const ACCELERATOR = /gpu|neuron|gaudi|accelerator|tpu/;

/**
 * Groups pods that ask for the same, cost as much to move, carry and are counted by the same rules between nodes, and
 * may come to the same shapes. What they may run on is asked once for each distinct set of rules on single nodes.
 */
export function groupIntoClasses(
  mobile: readonly SnapshotPod[],
  resources: readonly string[],
  demands: ReadonlyMap<SnapshotPod, Readonly<Record<string, number>>>,
  coupling: CouplingIndex,
  shapes: ShapeIndex,
  snapshot: Snapshot,
  policy: Policy,
  world: World,
  costing: PodCosting,
): {
  classes: PodClass[];
  eligible: Uint8Array[];
  /** By class and shape: see `PodCosting`. */
  unmet: (readonly number[])[];
  classOf: Map<SnapshotPod, number>;
} {
  const nodeByName = new Map(snapshot.nodes.map((node) => [node.name, node]));
  const eligibilityByRules = new Map<string, string>();
  const byKey = new Map<string, Group>();
  for (const pod of mobile) {
    const demand = demands.get(pod)!;
    const kept = keptOf(pod, nodeByName.get(pod.node!)!, policy);
    const accelerator = Object.keys(pod.requests).some((name) => ACCELERATOR.test(name));
    const { nodeSelector, nodeAffinity, tolerations } = pod.spec;
    const volumes = pod.claims.map((claim) => world.volumes.get(`${pod.namespace}/${claim}`)?.nodeAffinity ?? null);
    const rules = JSON.stringify([nodeSelector, nodeAffinity, tolerations, volumes, kept, accelerator]);
    let eligibility = eligibilityByRules.get(rules);
    if (eligibility === undefined) {
      eligibility = shapes.facts.map((facts) => (mayCome(pod, kept, accelerator, facts, world) ? '1' : '0')).join('');
      eligibilityByRules.set(rules, eligibility);
    }
    const { matches, repels, attracts, spreads } = coupling.couplingOf(pod);
    const isPending = isWaitingRoom(pod.node!);
    const away = isPending ? 0 : costing.away(pod);
    const unmet = costing.unmet(pod, shapes.facts);
    const interruption = costing.interruptionMicros(pod);
    const preferences = costing.preferences(pod);
    const key = JSON.stringify([
      resources.map((name) => demand[name] ?? 0),
      matches,
      repels,
      attracts,
      spreads,
      eligibility,
      inBits(away, ALIKE_BITS),
      isPending,
      unmet,
      inBits(interruption, ALIKE_BITS),
      preferences,
    ]);
    const group = byKey.get(key);
    if (group === undefined)
      byKey.set(key, { pods: [pod], eligibility, away, isPending, unmet, interruption, preferences });
    else {
      group.pods.push(pod);
      group.away += away;
      group.interruption += interruption;
    }
  }
  const classOf = new Map<SnapshotPod, number>();
  const groups = [...byKey].sort(([a], [b]) => compareText(a, b));
  const classes = groups.map(([, { pods, away, isPending, interruption, preferences }], index): PodClass => {
    for (const pod of pods) classOf.set(pod, index);
    const demand = demands.get(pods[0]!)!;
    const dims = resources.flatMap((name, r) => ((demand[name] ?? 0) > 0 ? [r] : []));
    const carried = coupling.couplingOf(pods[0]!);
    return {
      index,
      pods,
      dims: Int32Array.from(dims),
      amounts: Float64Array.from(dims, (r) => demand[resources[r]!]!),
      ...carried,
      coupled: carried.matches.length + carried.repels.length + carried.attracts.length + carried.spreads.length > 0,
      awayMicrosPerHour: inBits(away / pods.length, SUM_BITS),
      interruptionMicros: inBits(interruption / pods.length, SUM_BITS),
      preferences,
      isPending,
    };
  });
  const eligible = shapes.facts.map((_, shape) =>
    Uint8Array.from(groups, ([, { eligibility }]) => Number(eligibility[shape])),
  );
  return { classes, eligible, unmet: groups.map(([, { unmet }]) => unmet), classOf };
}

/** Pods that may move; those that wait for a node are not counted. */
export function numberOfPods({ classes }: Pick<Problem, 'classes'>): number {
  return classes.reduce((sum, { pods, isPending }) => sum + (isPending ? 0 : pods.length), 0);
}
