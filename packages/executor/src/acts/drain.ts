import type { PlanStep, SnapshotPod } from '@restow/model';
import { belongsToNode } from '@restow/scheduling';
import type { LiveCluster } from '../ports/cluster-view.ts';
import { DONE, failed, overtaken, type RunContext, type StepResult } from '../run/context.ts';
import { liveNodeOf } from '../run/names.ts';

/** Waits until nothing is left on a node but what belongs to it; what has come unplanned is not thrown out. */
export async function drain(context: RunContext, step: PlanStep): Promise<StepResult> {
  const identity = liveNodeOf(context.state, step.node!);
  if (identity === null) return overtaken('node-gone', `node ${step.node} is not there`);
  const empty = await context.until(context.state.policy.run.limits.moveMs, (live) => {
    const left = podsLeft(live, identity.name);
    if (left.length === 0) return 'empty';
    return left.find(({ terminating }) => !terminating) ?? null;
  });
  if (empty === 'empty') return DONE;
  if (empty === null) return failed('stuck', `a pod on ${identity.name} does not stop`);
  return overtaken('not-empty', `${empty.namespace}/${empty.name} has come to ${identity.name}, which shall go`);
}

/** Pods on the node that would be lost with it. */
export function podsLeft({ snapshot }: LiveCluster, node: string): SnapshotPod[] {
  return snapshot.pods.filter((pod) => pod.node === node && !belongsToNode(pod));
}
