import type { Policy, SnapshotPod } from '@restow/model';
import { FULL_WEIGHT, unmetOnNode } from '@restow/scheduling';
import { inBits } from '../moving/away-costs.ts';
import type { Stake } from '../moving/stake.ts';
import type { Realisation } from '../order/realise.ts';
import type { PodPreferences } from './preferences.ts';
import type { PodClass, PodCosts, Problem } from './problem.ts';
import type { ShapeFacts } from './shapes.ts';

/** So long that costs are near to exact, and so short that sums of them are exact. */
const SUM_BITS = 20;

export const NO_POD_COSTS: PodCosts = { microsPerHour: null, interruptionsPerHour: 0 };

/** What is asked of a pod, so that those are alike that cost as much wherever they are. */
export interface PodCosting {
  /** See `PodClass.awayMicrosPerHour`. */
  readonly away: (pod: SnapshotPod) => number;
  readonly preferences: (pod: SnapshotPod) => PodPreferences;
  /** By shape, the weight of what the pod prefers of its node and has not; empty: nothing anywhere, or it costs nothing. */
  readonly unmet: (pod: SnapshotPod, shapes: readonly ShapeFacts[]) => readonly number[];
  readonly interruptionMicros: (pod: SnapshotPod) => number;
}

/** `fullMicros`: what a preference of full weight costs an hour that is not met. */
export function podCostingOf(
  { prices }: Policy,
  fullMicros: number,
  stakeOf: (pod: SnapshotPod) => Stake,
): Pick<PodCosting, 'unmet' | 'interruptionMicros'> {
  const known = new Map<string, readonly number[]>();
  return {
    unmet: (pod, shapes) => {
      if (fullMicros === 0) return [];
      const { preferences, tolerations } = pod.spec;
      const key = JSON.stringify([preferences?.nodes ?? [], tolerations]);
      let unmet = known.get(key);
      if (unmet === undefined) {
        const weights = shapes.map(({ view }) => unmetOnNode(pod, view));
        unmet = weights.some((weight) => weight > 0) ? weights : [];
        known.set(key, unmet);
      }
      return unmet;
    },
    interruptionMicros: (pod) => {
      if (prices.interruptions.length === 0) return 0;
      const { isSaid, interruptionMicros } = stakeOf(pod);
      return isSaid ? interruptionMicros : 0;
    },
  };
}

/** What pods of each class cost on nodes of a shape that are interrupted so often. */
export function podCostsOn(
  classes: readonly PodClass[],
  unmet: readonly (readonly number[])[],
  fullMicros: number,
): (shape: number, interruptionsPerHour: number) => PodCosts {
  const known = new Map<string, PodCosts>();
  return (shape, interruptionsPerHour) => {
    const key = `${shape}|${interruptionsPerHour}`;
    let costs = known.get(key);
    if (costs === undefined) {
      const micros = Float64Array.from(classes, (one) => {
        const preferences = Math.round((fullMicros * (unmet[one.index]![shape] ?? 0)) / FULL_WEIGHT);
        return preferences + riskOf(one, interruptionsPerHour);
      });
      costs = { microsPerHour: micros.some((cost) => cost > 0) ? micros : null, interruptionsPerHour };
      known.set(key, costs);
    }
    return costs;
  };
}

/** What interruptions of one pod are expected to cost an hour. */
export function riskOf(
  { interruptionMicros }: Pick<PodClass, 'interruptionMicros'>,
  interruptionsPerHour: number,
): number {
  return inBits(interruptionMicros * interruptionsPerHour, SUM_BITS);
}

/** The same of all pods where they are in the end. */
export function riskIn(
  { classes, nodes }: Problem,
  { podsBySlot, launched }: Pick<Realisation, 'podsBySlot' | 'launched'>,
): number {
  const rates = new Map(launched.map(({ slot, kind }) => [slot, kind.podCosts.interruptionsPerHour]));
  for (const { index, podCosts } of nodes) rates.set(index, podCosts.interruptionsPerHour);
  if ([...rates.values()].every((rate) => rate === 0)) return 0;
  const classOf = new Map(classes.flatMap((one) => one.pods.map((pod) => [pod, one] as const)));
  let risk = 0;
  for (const [slot, pods] of podsBySlot) for (const pod of pods) risk += riskOf(classOf.get(pod)!, rates.get(slot)!);
  return risk;
}

/** Whether it costs anything where pods are, besides the nodes. */
export function havePodsCosts({ nodes, kinds, preferred }: Pick<Problem, 'nodes' | 'kinds' | 'preferred'>): boolean {
  return preferred !== null || [...nodes, ...kinds].some(({ podCosts }) => podCosts.microsPerHour !== null);
}
