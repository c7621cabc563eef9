import { type CapacityType, LABEL, type Policy, type Snapshot, type SnapshotPod } from '@restow/model';
import {
  belongsToNode,
  ClusterState,
  carriersBySubject,
  carriersOf,
  keepRefusal,
  keptOf,
  type NodeView,
  refusals,
  standings,
  stayReasons,
  troubles,
  type World,
  worldOf,
} from '@restow/scheduling';
import { isWaitingRoom, withoutWaitingRooms } from '../problem/waiting-rooms.ts';
import { shareRefusals } from './share-refusals.ts';

/** A node that the plan launches, as the scheduler will see it. */
export interface LaunchedNode {
  readonly view: NodeView;
  readonly arch: string;
  readonly os: string;
  readonly capacityType: CapacityType;
  /** Of one that is there in the end. */
  readonly group: string | null;
  /** Daemon pods that it will run. */
  readonly daemons: readonly SnapshotPod[];
}

export interface CheckedMove {
  readonly pod: SnapshotPod;
  readonly from: string;
  readonly to: string;
}

export interface CheckInput {
  readonly snapshot: Snapshot;
  readonly policy: Policy;
  readonly launched: readonly LaunchedNode[];
  readonly moves: readonly CheckedMove[];
  readonly removed: readonly string[];
  readonly limitAttach: (node: string) => Readonly<Record<string, number>>;
}

const NOWHERE = { capacityType: 'on-demand', zone: null } as const;

/**
 * Plays a plan through move by move, in the scheduler's words and without anything of the solver's: each pod must be
 * allowed to move and to come where it goes at that moment, everybody whose rules speak of it must stay content, and
 * what is removed must be empty. Returns what is wrong, empty when nothing is. What was wrong before the plan began is
 * not held against it.
 */
export function checkPlan(input: CheckInput): string[] {
  const { snapshot, policy, launched, moves, removed } = input;
  const world = worldOf(snapshot);
  const problems: string[] = [];
  const state = startOf(input, world);
  const position = new Map<SnapshotPod, string>();
  for (const pod of snapshot.pods) if (pod.node !== null) position.set(pod, pod.node);
  const machines = new Map(snapshot.nodes.map((node) => [node.name, node]));
  const newMachines = new Map(launched.map((node) => [node.view.name, node]));
  const passedShares = shareRefusals(snapshot, policy, (name) => {
    const come = newMachines.get(name);
    if (isWaitingRoom(name)) return NOWHERE;
    return come === undefined
      ? machines.get(name)!
      : { capacityType: come.capacityType, zone: come.view.labels[LABEL.zone] ?? null };
  });
  const stays = stayReasons(withoutWaitingRooms(snapshot), policy, world);
  const speakingOf = carriersBySubject(carriersOf(snapshot.pods, world));
  const standingOf = standings();
  let start: ClusterState | null = null;
  const wasSo = (pod: SnapshotPod, rule: string): boolean => {
    start ??= startOf(input, world);
    return pod.node !== null && troubles(pod, pod.node, start).includes(rule);
  };

  for (const { pod, from, to } of moves) {
    const name = `${pod.namespace}/${pod.name}`;
    const say = (text: string) => problems.push(`${name} → ${to}: ${text}`);
    for (const reason of stays.get(name) ?? []) say(`must stay: ${reason}`);
    if (position.get(pod) !== from) say(`is on ${position.get(pod)}, not on ${from}`);
    if (!state.has(to) || isWaitingRoom(to)) {
      say('there is no such node');
      continue;
    }
    state.remove(pod, position.get(pod)!);
    for (const { rule, reason } of refusals(pod, to, state)) say(`${rule}: ${reason}`);
    const machine = newMachines.get(to) ?? machines.get(to)!;
    const refusal = keepRefusal(keptOf(pod, machines.get(pod.node!)!, policy), machine);
    if (refusal !== null) say(refusal);
    state.add(pod, to);
    position.set(pod, to);
    for (const reason of passedShares(pod, to, position)) say(reason);
    const content = new Set<number>();
    for (const carrier of speakingOf(pod)) {
      if (carrier.pod === pod) continue;
      const node = position.get(carrier.pod);
      if (node === undefined) continue;
      const standing = standingOf(carrier.pod, state.place(node).node);
      if (content.has(standing)) continue;
      const broken = troubles(carrier.pod, node, state);
      if (broken.length === 0) content.add(standing);
      for (const rule of broken) {
        if (!wasSo(carrier.pod, rule)) say(`breaks ${rule} of ${carrier.pod.namespace}/${carrier.pod.name}`);
      }
    }
  }
  const types = new Set(launched.map(({ view }) => view.labels[LABEL.instanceType]));
  if (types.size > (policy.launch.mostInstanceTypes ?? types.size))
    problems.push(`${types.size} instance types are launched (policy launch.mostInstanceTypes)`);
  const gone = new Set(removed);
  for (const { name, leastNodes, mostNodes } of policy.groups) {
    const before = snapshot.nodes.filter(({ group }) => group === name);
    const after =
      before.filter((node) => !gone.has(node.name)).length + launched.filter(({ group }) => group === name).length;
    if (after < Math.min(leastNodes, before.length))
      problems.push(`group ${name} has ${after} nodes in the end (policy groups)`);
    if (mostNodes !== null && after > Math.max(mostNodes, before.length))
      problems.push(`group ${name} has ${after} nodes in the end (policy groups)`);
  }
  for (const [pod, node] of position) {
    if (gone.has(node) && !belongsToNode(pod))
      problems.push(`${node} is removed with ${pod.namespace}/${pod.name} on it`);
  }
  return problems;
}

/** Everybody where they are before the first move, and the launched nodes there already. */
function startOf(input: CheckInput, world: World): ClusterState {
  const views = input.snapshot.nodes.map((node) => viewOf(node, input));
  const state = new ClusterState(world, views);
  for (const pod of input.snapshot.pods) if (pod.node !== null) state.add(pod, pod.node);
  for (const { view, daemons } of input.launched) {
    state.addNode(view);
    for (const daemon of daemons) state.add(daemon, view.name);
  }
  return state;
}

function viewOf(node: Snapshot['nodes'][number], input: CheckInput): NodeView {
  const { name, labels, taints, unschedulable, allocatable } = node;
  return { name, labels, taints, unschedulable, allocatable, attachLimits: input.limitAttach(name) };
}
