import { nodeFingerprint, type Plan, type Policy, planDigest, podFingerprint } from '@restow/model';
import type { Reason } from '../journal/record.ts';
import type { LiveCluster } from '../ports/cluster-view.ts';

/** Why a plan is not carried out at all, whatever the cluster looks like; null: it may be. */
export function refusePlan(plan: Plan): Reason | null {
  if (planDigest(plan) !== plan.metadata.planDigest) {
    return { code: 'edited', message: 'the plan was changed after it was made (its digest does not match): plan anew' };
  }
  if (plan.metadata.anonymised) {
    return { code: 'anonymised', message: 'the plan was made from an anonymised snapshot and can only be read' };
  }
  return null;
}

export interface Staleness {
  /** Why the plan is refused; null: it may be carried out. */
  readonly refusal: Reason | null;
  /** What has changed since the plan was made, for people; not empty: the rest is planned again before anything is done. */
  readonly changes: readonly string[];
}

/** Compares what a plan relies on with the cluster: refused is a foreign cluster, and one that has moved on too far. */
export function compareWithCluster(plan: Plan, live: LiveCluster, policy: Policy): Staleness {
  const { snapshot } = live;
  const { cluster } = plan.metadata;
  if (cluster !== snapshot.metadata.cluster) {
    const message = `the plan is for cluster ${cluster ?? 'unknown'}, this is ${snapshot.metadata.cluster ?? 'unknown'}`;
    return { refusal: { code: 'foreign-cluster', message }, changes: [] };
  }
  const nodes = new Map(snapshot.nodes.map((node) => [node.name, node]));
  const nodeChanges = plan.reliesOn.nodes.flatMap(({ name, uid, fingerprint }): string[] => {
    const node = nodes.get(name);
    if (node === undefined || node.uid !== uid) return [`node ${name} is gone`];
    if (node.deleting || !node.ready) return [`node ${name} is not ready or about to go`];
    return nodeFingerprint(node) === fingerprint ? [] : [`node ${name} has changed`];
  });
  const pods = new Map(snapshot.pods.map((pod) => [pod.uid, pod]));
  const from = new Map(plan.target.placements.map((placement) => [placement.uid, placement.from]));
  const podChanges = plan.reliesOn.pods.flatMap(({ namespace, name, uid, fingerprint }): string[] => {
    const pod = pods.get(uid);
    if (pod === undefined || pod.terminating) return [`pod ${namespace}/${name} is gone`];
    if (pod.node !== from.get(uid) && from.get(uid) !== null)
      return [`pod ${namespace}/${name} runs on ${pod.node} now`];
    return podFingerprint(pod) === fingerprint ? [] : [`pod ${namespace}/${name} has changed`];
  });
  const changes = [...nodeChanges, ...podChanges];
  const { staleFraction } = policy.run;
  const tooFar =
    podChanges.length > staleFraction * plan.reliesOn.pods.length ||
    nodeChanges.length > staleFraction * plan.reliesOn.nodes.length;
  if (!tooFar) return { refusal: null, changes };
  const shown = changes.slice(0, 5).join(', ');
  const more = changes.length > 5 ? ` and ${changes.length - 5} more` : '';
  return { refusal: { code: 'stale', message: `the cluster has moved on: ${shown}${more}; plan anew` }, changes };
}
