import { type Policy, type Snapshot, type SnapshotPod, STAYS_MARK } from '@restow/model';
import { matchesSelector, parseLabelSelector } from '../label-selector.ts';
import { isResolvable } from '../pod-terms.ts';
import type { World } from '../views.ts';
import { livable } from './livable.ts';
import { surgeable } from './surgeable.ts';

const MOVABLE_OWNERS: ReadonlySet<string> = new Set(['ReplicaSet', 'StatefulSet', 'ReplicationController', 'Job']);

const NOTHING_NOW = 'allows no disruption now';

/** Whether a reason of `stayReasons` may be gone in a moment, without anybody changing anything. */
export function isPassing(reason: string): boolean {
  return reason.endsWith(NOTHING_NOW);
}

/** A pod that belongs to its node: it is not placed, its requests are the node's overhead. */
export function belongsToNode(pod: SnapshotPod): boolean {
  return pod.mirror || pod.owner?.kind === 'DaemonSet' || pod.owner?.kind === 'Node';
}

/** For each pod that must stay where it is, by `namespace/name`: every reason. Pods of nodes are not listed. */
export function stayReasons(snapshot: Snapshot, policy: Policy, world: World): Map<string, readonly string[]> {
  const reasons = new Map<string, readonly string[]>();
  const budgets = budgetsByNamespace(snapshot);
  const excluded = new Set(policy.excludeNamespaces);
  const sharedClaims = findSharedClaims(snapshot);
  const maySurge = surgeable(snapshot, policy, world);
  const mayGoLive = livable(snapshot, policy, world);
  const never = policy.neverTouch.pods.map((text) => ({ text, selector: parseLabelSelector(text) }));
  for (const pod of snapshot.pods) {
    if (pod.node === null || belongsToNode(pod)) continue;
    const found = [
      ...ownReasons(pod, policy, world, mayGoLive(pod)),
      ...(excluded.has(pod.namespace) ? [`namespace ${pod.namespace} is excluded`] : []),
      ...never
        .filter(({ selector }) => matchesSelector(selector, pod.labels))
        .map(({ text }) => `policy never touches pods with ${text}`),
      ...claimReasons(pod, world, sharedClaims),
      // Its budgets never see fewer pods than now: one more is ready before it stops.
      ...(maySurge(pod) ? [] : budgetReasons(pod, budgets.get(pod.namespace) ?? [])),
    ];
    if (found.length > 0) reasons.set(`${pod.namespace}/${pod.name}`, found);
  }
  return reasons;
}

/** `isLive`: what it keeps on its node goes with it. */
function ownReasons(pod: SnapshotPod, policy: Policy, world: World, isLive: boolean): string[] {
  const reasons: string[] = [];
  if (pod.terminating) reasons.push('it is terminating');
  if (pod.owner === null) reasons.push('it is a bare pod: nothing would make it again');
  else if (!MOVABLE_OWNERS.has(pod.owner.kind)) reasons.push(`its owner kind ${pod.owner.kind} is not understood`);
  else if (pod.owner.kind === 'Job' && !policy.pods.moveJobs) {
    reasons.push('it belongs to a Job, whose work so far would be lost (policy pods.moveJobs)');
  }
  if (pod.doNotDisrupt !== null && !(policy.pods.moveProtected && pod.doNotDisrupt !== STAYS_MARK))
    reasons.push(`it is annotated ${pod.doNotDisrupt}`);
  if (pod.localVolumes.length > 0 && !policy.pods.moveLocalData && !pod.safeToEvict && !isLive) {
    reasons.push(`it keeps local data in ${pod.localVolumes.join(', ')} (policy pods.moveLocalData)`);
  }
  return [...reasons, ...unclearReasons(pod, world)];
}

/** Why it is not known where the pod may run. */
export function unclearReasons(pod: SnapshotPod, world: World): string[] {
  const reasons: string[] = [];
  if (pod.resourceClaims.length > 0) reasons.push('it uses dynamic resource claims, which are not understood');
  if (pod.spec.schedulerName !== 'default-scheduler') {
    reasons.push(`scheduler ${pod.spec.schedulerName} places it, by rules that are not known`);
  }
  for (const unknown of pod.notUnderstood) reasons.push(`it uses ${unknown}, which is not understood`);
  if (![...pod.spec.podAffinity, ...pod.spec.podAntiAffinity].every((term) => isResolvable(term, world))) {
    reasons.push('it selects namespaces by label, and namespaces are not in the input');
  }
  return reasons;
}

function claimReasons(pod: SnapshotPod, world: World, shared: ReadonlySet<string>): string[] {
  const reasons: string[] = [];
  for (const claim of pod.claims) {
    const key = `${pod.namespace}/${claim}`;
    const volume = world.volumes.get(key);
    if (volume === undefined) reasons.push(`the volume of its claim ${claim} is not in the input`);
    else if (
      shared.has(key) &&
      !volume.accessModes.includes('ReadWriteMany') &&
      !volume.accessModes.includes('ReadOnlyMany')
    ) {
      reasons.push(`it shares claim ${claim} with other pods`);
    }
  }
  return reasons;
}

function budgetReasons(pod: SnapshotPod, budgets: Snapshot['podDisruptionBudgets']): string[] {
  const matching = budgets.filter(({ selector }) => matchesSelector(selector, pod.labels));
  if (matching.length > 1) {
    return [
      `several PodDisruptionBudgets select it (${matching.map(({ name }) => name).join(', ')}); eviction is refused`,
    ];
  }
  const [budget] = matching;
  if (budget === undefined) return [];
  if (budget.disruptionsAllowed === null) return [`PodDisruptionBudget ${budget.name} does not say what it allows`];
  return budget.disruptionsAllowed === 0 ? [`PodDisruptionBudget ${budget.name} ${NOTHING_NOW}`] : [];
}

function budgetsByNamespace(snapshot: Snapshot): Map<string, Snapshot['podDisruptionBudgets'][number][]> {
  const result = new Map<string, Snapshot['podDisruptionBudgets'][number][]>();
  for (const budget of snapshot.podDisruptionBudgets) {
    const list = result.get(budget.namespace);
    if (list === undefined) result.set(budget.namespace, [budget]);
    else list.push(budget);
  }
  return result;
}

function findSharedClaims(snapshot: Snapshot): Set<string> {
  const seen = new Set<string>();
  const shared = new Set<string>();
  for (const pod of snapshot.pods) {
    for (const claim of pod.claims) {
      const key = `${pod.namespace}/${claim}`;
      if (seen.has(key)) shared.add(key);
      seen.add(key);
    }
  }
  return shared;
}
