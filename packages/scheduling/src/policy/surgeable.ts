import { LABEL, type Owner, type Policy, type Snapshot, type SnapshotPod } from '@restow/model';
import { affinityTerm, isResolvable, spreadTerm } from '../pod-terms.ts';
import type { World } from '../views.ts';

/**
 * Which pods may move by surge: their owner gets one more, and the pod stops once that is ready. Only pods of a
 * Deployment that has one of them, never has fewer while it rolls out, and whose number nobody else decides; whose
 * volumes both may have, and which may run beside each other on different nodes.
 */
export function surgeable(snapshot: Snapshot, policy: Policy, world: World): (pod: SnapshotPod) => boolean {
  if (!policy.pods.surge) return () => false;
  const owners = new Map(snapshot.owners.map((owner) => [owner.uid, owner]));
  const autoscaled = new Set(snapshot.autoscalers.map(({ namespace, target }) => keyOf(namespace, target)));
  return (pod) => {
    const set = owners.get(pod.owner?.uid ?? '');
    const deployment = owners.get(set?.owner?.uid ?? '');
    return (
      set?.kind === 'ReplicaSet' &&
      deployment !== undefined &&
      isSingle(set) &&
      isSingle(deployment) &&
      deployment.surges === true &&
      deployment.owner === null &&
      !autoscaled.has(keyOf(deployment.namespace, deployment)) &&
      pod.claims.every((claim) => isShareable(pod, claim, world)) &&
      !minds(pod, world)
    );
  };
}

function isSingle({ replicas }: Owner): boolean {
  return replicas === 1;
}

/** A volume of the other access modes has one writer, or one node. */
function isShareable({ namespace }: SnapshotPod, claim: string, world: World): boolean {
  const modes = world.volumes.get(`${namespace}/${claim}`)?.accessModes ?? [];
  return modes.includes('ReadWriteMany') || (modes.includes('ReadOnlyMany') && !modes.includes('ReadWriteOnce'));
}

/** Whether its own rules bind it to its like, wherever that runs, by more than the node. */
function minds(pod: SnapshotPod, world: World): boolean {
  const { podAffinity, podAntiAffinity, topologySpread } = pod.spec;
  const beyondNode = <Term extends { readonly topologyKey: string }>(terms: readonly Term[]) =>
    terms.filter(({ topologyKey }) => topologyKey !== LABEL.hostname);
  return (
    [...podAffinity, ...beyondNode(podAntiAffinity)].some(
      (term) => !isResolvable(term, world) || affinityTerm(term, pod, world).matches(pod),
    ) || beyondNode(topologySpread).some((constraint) => spreadTerm(constraint, pod).matches(pod))
  );
}

function keyOf(namespace: string, { kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${namespace}/${kind}/${name}`;
}
