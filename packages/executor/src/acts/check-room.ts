import {
  type Method,
  nodeFingerprint,
  type PlanStep,
  type Policy,
  podFingerprint,
  type SnapshotNode,
  type SnapshotPod,
} from '@restow/model';
import { isPassing, keepRefusal, keptOf, maySchedule, refusals, stayReasons } from '@restow/scheduling';
import type { LiveCluster } from '../ports/cluster-view.ts';
import type { NodeIdentity } from '../ports/node-marker.ts';
import { type Arrival, blocked, overtaken, type RunContext, type StepResult } from '../run/context.ts';
import { isOfOwner, liveNodeOf, livePodOf } from '../run/names.ts';
import { brokenBy, type Occupancy, occupancyOf, withArrivals, withPendingOn } from '../run/occupancy.ts';
import { indexOf } from '../run/plan-index.ts';
import { methodOf } from './method-of.ts';

/** The pod may move now, and these nodes must not take pods meanwhile. */
export interface RoomFound {
  readonly state: 'room';
  readonly pod: SnapshotPod;
  readonly from: SnapshotNode;
  readonly to: SnapshotNode;
  readonly hold: readonly NodeIdentity[];
}

/**
 * Looks at the cluster as it is at this moment: the pod and both nodes are still those of the plan, the pod may still be
 * moved, its node to be has room that nothing else is about to take, nobody's rules are broken by its coming. Where the
 * scheduler could put the pod onto a node that would break something, that node must be held.
 */
export function checkRoom(context: RunContext, live: LiveCluster, step: PlanStep): RoomFound | StepResult {
  const { state, arrivals } = context;
  const planned = step.pod!;
  const occupancy = occupancyOf(live);
  const reference = livePodOf(state, planned);
  const name = `${planned.namespace}/${planned.name}`;
  const pod = reference === null ? undefined : occupancy.pods.get(reference.uid);
  if (pod === undefined) return overtaken('pod-gone', `${name} is not there any more`);
  if (pod.node === null) return overtaken('pod-moved', `${name} has lost its node`);
  const { podFingerprints, placements } = indexOf(state.current);
  const relied = podFingerprints.get(planned.uid);
  if (relied !== undefined && reference!.uid === planned.uid && relied !== podFingerprint(pod)) {
    return overtaken('pod-changed', `${name} has changed since the plan was made`);
  }
  const from = occupancy.nodes.get(pod.node);
  const target = state.targets.get(step.id) ?? step.node!;
  const identity = liveNodeOf(state, target);
  const to = identity === null ? undefined : occupancy.nodes.get(identity.name);
  if (from === undefined || to === undefined) return overtaken('node-gone', `node ${target} is not there any more`);
  if (identity!.uid !== '' && to.uid !== identity!.uid) {
    return overtaken('node-gone', `node ${target} is another one than planned`);
  }
  const most = state.policy.run.most.stallMsPerPod;
  const predicted = placements.get(planned.uid)?.stallMs ?? 0;
  if (most !== null && predicted > most) {
    return overtaken('pod-stall', `${name} would be away for ${predicted} ms (policy run.most.stallMsPerPod)`);
  }
  if (from.name === to.name) return { state: 'done' };
  const changed = changedNode(context, to);
  if (changed !== null) return changed;
  if (!to.ready || to.deleting) return overtaken('node-unfit', `node ${to.name} is not ready or about to go`);
  if (context.ports.notices.current().some((notice) => notice.node === to.name)) {
    return overtaken('node-going', `node ${to.name} has been given notice`);
  }
  if (to.unschedulable) {
    return context.holds.has(to.name) || context.lettingGo.has(to.name)
      ? blocked(`${to.name} is held while another pod moves`)
      : overtaken('node-cordoned', `somebody has cordoned node ${to.name}`);
  }
  const others = [...arrivals].filter(([other]) => other !== step.id).map(([, arrival]) => arrival);
  // By surge it is still there when its successor comes.
  const leaving = step.method === 'surge' ? null : { pod, from: from.name };
  return withArrivals(occupancy, others, leaving, () =>
    checkPod(context, occupancy, others, { pod, from, to, method: methodOf(step) }),
  );
}

function changedNode({ state }: RunContext, node: SnapshotNode): StepResult | null {
  const relied = indexOf(state.current).nodeFingerprints.get(node.name);
  if (relied === undefined || relied === nodeFingerprint(node)) return null;
  return overtaken('node-changed', `node ${node.name} has changed since the plan was made`);
}

function checkPod(
  context: RunContext,
  occupancy: Occupancy,
  arrivals: readonly Arrival[],
  { pod, from, to, method }: Pick<RoomFound, 'pod' | 'from' | 'to'> & { readonly method: Method },
): RoomFound | StepResult {
  const { policy } = context.state;
  const name = `${pod.namespace}/${pod.name}`;
  const { state, snapshot } = occupancy;
  const reasons = staysOf(occupancy, policy).get(name) ?? [];
  const lasting = reasons.filter((reason) => !isPassing(reason));
  if (lasting.length > 0) return overtaken('pod-stays', `${name} must stay: ${lasting.join('; ')}`);
  if (reasons.length > 0) return blocked(`${name}: ${reasons.join('; ')}`, 'budget');
  const isOurs = (other: SnapshotPod) => arrivals.some((arrival) => isOfOwner(other, arrival.pod));
  const refused = withPendingOn(occupancy, to.name, isOurs, () => refusals(pod, to.name, state));
  if (refused.length > 0) return blocked(`${name} finds no place on ${to.name}: ${refused[0]!.reason}`);
  const kept = keptOf(pod, from, policy);
  const unfit = keepRefusal(kept, to) ?? brokenBy(occupancy, pod, from.name, to.name);
  if (unfit !== null) return blocked(`${name} must not come to ${to.name} now: ${unfit}`);
  if (context.ports.mover.steers(method)) return { state: 'room', pod, from, to, hold: [] };

  const hold: NodeIdentity[] = [];
  const elsewhere: NodeIdentity[] = [];
  for (const node of snapshot.nodes) {
    if (node.name === to.name || !maySchedule(pod, node.name, state)) continue;
    const cordoned = context.state.cordoned.get(node.name);
    if (cordoned?.isSeen === false) return blocked(`node ${node.name} is being cordoned, or uncordoned`);
    if (cordoned !== undefined) {
      return overtaken('node-uncordoned', `somebody has uncordoned node ${node.name}, so it is left alone`, node.name);
    }
    const harm = node.name === from.name || keepRefusal(kept, node) !== null || !node.ready || node.deleting;
    if (!harm && brokenBy(occupancy, pod, from.name, node.name) === null) {
      elsewhere.push({ name: node.name, uid: node.uid });
      continue;
    }
    if (arrivals.some((arrival) => arrival.to === node.name)) {
      return blocked(`${name} could land on ${node.name}, where another pod is expected`);
    }
    hold.push({ name: node.name, uid: node.uid });
  }
  // Its memory is on one node: anywhere else it would start cold.
  if (method === 'live') hold.push(...elsewhere.splice(0));
  if (hold.length > policy.run.heldNodesPerMove) {
    return overtaken(
      'pod-unsteered',
      `${name} could land on any of ${hold.length} nodes where it must not, and nothing steers it (policy run.heldNodesPerMove)`,
    );
  }
  // Once the scheduler has spoilt the plan repeatedly, it is left no choice where few nodes make that possible.
  const strict = context.state.replans >= STRICT_AFTER_REPLANS;
  const isFree = ({ name: other }: NodeIdentity) => !arrivals.some((arrival) => arrival.to === other);
  if (strict && hold.length + elsewhere.length <= policy.run.heldNodesPerMove && elsewhere.every(isFree)) {
    hold.push(...elsewhere);
  }
  return { state: 'room', pod, from, to, hold };
}

const STRICT_AFTER_REPLANS = 2;

const stays = new WeakMap<Occupancy, ReadonlyMap<string, readonly string[]>>();

function staysOf(occupancy: Occupancy, policy: Policy): ReadonlyMap<string, readonly string[]> {
  let known = stays.get(occupancy);
  if (known === undefined) {
    known = stayReasons(occupancy.snapshot, policy, occupancy.state.world);
    stays.set(occupancy, known);
  }
  return known;
}
