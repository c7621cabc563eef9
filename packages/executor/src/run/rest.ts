import type { PlanStep, SnapshotPod } from '@restow/model';
import { belongsToNode, keepRefusal, keptOf, maySchedule } from '@restow/scheduling';
import type { ActOutcome } from '../outcome.ts';
import type { LiveCluster } from '../ports/cluster-view.ts';
import type { RunContext } from './context.ts';
import { isEvacuation } from './going.ts';
import { leavingNodes, liveNodeOf, livePodOf } from './names.ts';
import { brokenBy, countCluster, type Occupancy } from './occupancy.ts';

/** Moves of the current plan that have not begun, in the plan's order. */
export function waitingMoves({ state, arrivals }: RunContext): PlanStep[] {
  return [...state.steps.values()]
    .filter(({ step, state: at }) => step.kind === 'move' && at === 'waiting' && !arrivals.has(step.id))
    .map(({ step }) => step);
}

interface RestMove {
  readonly step: PlanStep;
  readonly uid: string;
  /** null: a node that has not joined yet; what the plan says of it is believed. */
  readonly to: string | null;
}

/**
 * Whether all that is left to do can be done from the cluster as it is: plays the waiting moves through, those that find
 * no place any more with another target, and looks whether the nodes that shall go are empty then. Answers the moves
 * that need another target.
 */
export function planRest(
  context: RunContext,
  live: LiveCluster,
): ActOutcome<{ readonly moves: readonly { readonly step: string; readonly to: string }[] }> {
  const { state, arrivals } = context;
  const held = new Set([...state.cordoned.values()].filter((one) => !one.wasCordoned).map(({ node }) => node.name));
  const occupancy = countCluster(live.snapshot, held);
  const where = new Map(live.snapshot.pods.map((pod) => [pod.uid, pod.node]));
  for (const { pod, to } of arrivals.values()) {
    const now = occupancy.pods.get(pod.uid);
    if (now?.node != null) occupancy.state.remove(now, now.node);
    if (occupancy.state.has(to)) occupancy.state.add(pod, to);
    where.set(pod.uid, to);
  }
  const leaving = leavingNodes(state);
  const retargeted: { step: string; to: string }[] = [];
  let waiting: RestMove[] = [];
  for (const step of waitingMoves(context)) {
    const uid = livePodOf(state, step.pod!)?.uid;
    if (uid === undefined || !occupancy.pods.has(uid)) continue;
    waiting.push({ step, uid, to: liveNodeOf(state, state.targets.get(step.id) ?? step.node!)?.name ?? null });
  }
  const play = (move: RestMove, to: string | null): boolean => arrive(context, occupancy, where, move.uid, to);
  while (waiting.length > 0) {
    const blocked = waiting.filter((move) => !play(move, move.to));
    if (blocked.length < waiting.length) {
      waiting = blocked;
      continue;
    }
    const found = blocked.find((move) => {
      const to = candidates(occupancy, leaving).find((name) => play(move, name));
      if (to !== undefined) retargeted.push({ step: move.step.id, to });
      return to !== undefined;
    });
    if (found === undefined) {
      const pod = blocked[0]!.step.pod!;
      return { ok: false, code: 'no-place', reason: `${pod.namespace}/${pod.name} finds no place any more` };
    }
    waiting = blocked.filter((move) => move !== found);
  }
  // Whoever stays there has been decided about.
  if (isEvacuation(state)) return { ok: true, moves: retargeted };
  for (const name of leaving) {
    if (!occupancy.state.has(name)) continue;
    const left = [...occupancy.state.place(name).pods].find((pod) => !isOfNode(occupancy, pod.namespace, pod.name));
    if (left !== undefined) {
      return { ok: false, code: 'not-empty', reason: `${left.namespace}/${left.name} runs on ${name}, which shall go` };
    }
  }
  return { ok: true, moves: retargeted };
}

function arrive(
  context: RunContext,
  occupancy: Occupancy,
  where: Map<string, string | null>,
  uid: string,
  to: string | null,
): boolean {
  const pod = occupancy.pods.get(uid)!;
  const from = where.get(uid) ?? null;
  if (to !== null && !occupancy.state.has(to)) return false;
  if (from === to) return true;
  if (from !== null && occupancy.state.has(from)) occupancy.state.remove(pod, from);
  if (to === null || fits(context, occupancy, pod, from, to)) {
    if (to !== null) occupancy.state.add(pod, to);
    where.set(uid, to);
    return true;
  }
  if (from !== null && occupancy.state.has(from)) occupancy.state.add(pod, from);
  return false;
}

function fits(context: RunContext, occupancy: Occupancy, pod: SnapshotPod, from: string | null, to: string): boolean {
  const node = occupancy.nodes.get(to)!;
  if (!node.ready || node.deleting || !maySchedule(pod, to, occupancy.state)) return false;
  const home = from === null ? undefined : occupancy.nodes.get(from);
  if (home !== undefined && keepRefusal(keptOf(pod, home, context.state.policy), node) !== null) return false;
  return brokenBy(occupancy, pod, from ?? to, to) === null;
}

/** Nodes that stay, the fullest first, so that large gaps stay whole. */
function candidates({ nodes, state }: Occupancy, leaving: ReadonlySet<string>): string[] {
  const free = (name: string) => (nodes.get(name)!.allocatable.cpu ?? 0) - (state.place(name).used.cpu ?? 0);
  return [...nodes.keys()].filter((name) => !leaving.has(name)).sort((a, b) => free(a) - free(b) || (a < b ? -1 : 1));
}

function isOfNode(occupancy: Occupancy, namespace: string, name: string): boolean {
  const pod = occupancy.snapshot.pods.find((one) => one.namespace === namespace && one.name === name);
  return pod !== undefined && belongsToNode(pod);
}
