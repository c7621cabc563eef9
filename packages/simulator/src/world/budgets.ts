import type { PodDisruptionBudget, SnapshotPod } from '@restow/model';
import { matchesSelector } from '@restow/scheduling';
import type { WorldBudget, WorldPod, WorldState } from './world-state.ts';

/** What the disruption controller says of a budget: how many of the pods that are ready may go. */
export function budgetNow(budget: WorldBudget, pods: WorldState['pods']): PodDisruptionBudget {
  const { minimum, ...rest } = budget;
  if (minimum === null) return rest;
  return { ...rest, disruptionsAllowed: Math.max(0, healthyOf(budget, pods) - minimum) };
}

export function healthyOf(budget: WorldBudget, pods: WorldState['pods']): number {
  let healthy = 0;
  for (const { pod, readySince } of pods.values()) {
    if (readySince !== null && !pod.terminating && isUnder(budget, pod)) healthy++;
  }
  return healthy;
}

export function isUnder({ namespace, selector }: WorldBudget, pod: SnapshotPod): boolean {
  return namespace === pod.namespace && matchesSelector(selector, pod.labels);
}

/** The Eviction API's answer: null is yes. Source: Kubernetes, API-initiated eviction. */
export function evictionRefusal(
  budgets: readonly WorldBudget[],
  pods: ReadonlyMap<string, WorldPod>,
  pod: SnapshotPod,
): { readonly code: 'budget' | 'refused'; readonly reason: string } | null {
  const concerned = budgets.filter((budget) => isUnder(budget, pod));
  if (concerned.length > 1) return { code: 'refused', reason: 'several PodDisruptionBudgets select the pod' };
  const [budget] = concerned;
  if (budget === undefined) return null;
  const allowed = budgetNow(budget, pods as WorldState['pods']).disruptionsAllowed ?? 0;
  return allowed > 0 ? null : { code: 'budget', reason: `PodDisruptionBudget ${budget.name} allows no disruption now` };
}
