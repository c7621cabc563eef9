import type { Snapshot, SnapshotPod } from '@restow/model';
import {
  attachLimitsOf,
  ClusterState,
  carriersOf,
  maySchedule,
  type NodeView,
  troubles,
  viewOfNode,
  worldOf,
} from '@restow/scheduling';
import { daemonPodOf } from '../end-state.ts';
import { ANY_END, type PossibleEnds } from '../few-pods/bound-of-few-pods.ts';
import type { Placement } from '../few-pods/cheapest-placement.ts';
import type { PodSets } from '../few-pods/pod-sets.ts';
import type { Problem } from '../problem/problem.ts';
import { fellowsOf, Reach } from './within-reach.ts';

/** With more nodes than this it takes too long for what is asked thousands of times. */
const MOST_NODES = 200;

/**
 * Whether a plan that `checkPlan` passes can end so: in the end nobody's rules about others may be broken that were not
 * broken before, by anybody of its class, and somebody must have been let in last. Where there are too many nodes anything may be.
 */
export function possibleEndsOf(snapshot: Snapshot, problem: Problem, sets: PodSets): PossibleEnds {
  const world = worldOf(snapshot);
  const limits = attachLimitsOf(snapshot);
  const carriers = carriersOf(snapshot.pods, world);
  if (carriers.length === 0 || problem.nodes.length > MOST_NODES) return ANY_END;
  const state = new ClusterState(
    world,
    snapshot.nodes.map((node) => viewOfNode(node, limits)),
  );
  for (const pod of snapshot.pods) if (pod.node !== null) state.add(pod, pod.node);
  const classOf = new Map(problem.classes.flatMap(({ index, pods }) => pods.map((pod) => [pod, index] as const)));
  const keyOf = new Map(carriers.map(({ pod }) => [pod, classOf.get(pod) ?? pod] as const));
  /** What is broken while everybody is at home: any node that comes, if only on the way, can break a spread by being empty. */
  const ownBefore = new Map(carriers.map(({ pod }) => [pod, new Set<string>()] as const));
  const lookAround = () => {
    for (const [pod, own] of ownBefore) for (const rule of troubles(pod, pod.node!, state)) own.add(rule);
  };
  lookAround();
  for (const { index, view } of problem.kinds) state.addNode(view(`any/${index}`));
  lookAround();
  for (const { index } of problem.kinds) state.removeNode(`any/${index}`);
  /** The same by class. */
  const before = new Map<number | SnapshotPod, ReadonlySet<string>>();
  for (const [pod, key] of keyOf) before.set(key, new Set([...(before.get(key) ?? []), ...ownBefore.get(pod)!]));
  const movable = new Map(sets.classes.map((c) => [c, problem.classes[c]!.pods] as const));
  const groups = fellowsOf(movable, carriers, (pod) => ownBefore.get(pod));
  const alone = new ClusterState(
    world,
    snapshot.nodes.map((node) => viewOfNode(node, limits)),
  );
  const others = new Set([...movable.values()].flat());
  for (const pod of snapshot.pods) if (pod.node !== null && !others.has(pod)) alone.add(pod, pod.node);
  const reach = new Reach();
  const spares = sparesOf(problem);
  /** Whether pods could come to where they are, were they and those that they speak of the only ones that move. */
  const isReached = (positions: ReadonlyMap<SnapshotPod, string>, launched: Placement['launched']) => {
    const added = launched.map(([index], k) => problem.kinds[index]!.view(`new/${k}`));
    for (const view of added) alone.addNode(view);
    const nodes = [...alone.places()].map(({ node }) => node.name);
    const answer = groups.every((group) => {
      const goal = group.pods.map((pod) => positions.get(pod)!);
      return reach.canBring(group, goal, { state: alone, nodes, spares });
    });
    for (const { name } of added) alone.removeNode(name);
    return answer;
  };
  const mayEnd: PossibleEnds['mayEnd'] = (placement) => {
    const added: string[] = [];
    const positions = new Map<SnapshotPod, string>();
    for (const [k, [index]] of placement.launched.entries()) {
      const kind = problem.kinds[index]!;
      const name = `new/${k}`;
      added.push(name);
      state.addNode(kind.view(name));
      for (const daemon of kind.daemons.keys()) state.add(daemonPodOf(kind, daemon, name), name);
    }
    for (const [at, c] of sets.classes.entries()) {
      const wanted = (set: number) => sets.count(set, at);
      const places = [
        ...placement.onNodes.map((set, node) => [problem.nodes[node]!.node.name, wanted(set)] as const),
        ...placement.launched.map(([, set], k) => [added[k]!, wanted(set)] as const),
      ];
      for (const [pod, node] of divided(problem.classes[c]!.pods, places)) positions.set(pod, node);
    }
    for (const [pod, node] of positions) {
      if (node === pod.node) continue;
      state.remove(pod, pod.node!);
      state.add(pod, node);
    }
    const isBroken = [...keyOf].some(([pod, key]) => {
      const known = before.get(key)!;
      return troubles(pod, positions.get(pod) ?? pod.node!, state).some((rule) => !known.has(rule));
    });
    const isHome = [...positions].every(([pod, node]) => pod.node === node);
    const isAllowed = !isBroken && (isHome || [...positions].some(([pod, node]) => mayCome(pod, node, state)));
    for (const [pod, node] of positions) {
      if (node === pod.node) continue;
      state.remove(pod, node);
      state.add(pod, pod.node!);
    }
    for (const name of added) state.removeNode(name);
    return isAllowed && isReached(positions, placement.launched);
  };
  return { tolerates: (c, rule) => before.get(c)?.has(rule) === true, mayEnd };
}

/** Whether the pod, which is on that node, could be the last that has come: everybody else is where they shall be. */
function mayCome(pod: SnapshotPod, node: string, state: ClusterState): boolean {
  state.remove(pod, node);
  const answer = maySchedule(pod, node, state);
  state.add(pod, node);
  return answer;
}

/** One node for all kinds that are alike to pods' rules, with as much of everything as any of them has. */
function sparesOf({ kinds }: Problem): ((name: string) => NodeView)[] {
  const alike = Map.groupBy(kinds, ({ shape, domains }) => `${shape}|${domains.join()}`);
  return [...alike.values()].map((group) => {
    const most: Record<string, number> = {};
    for (const { view } of group) {
      for (const [resource, amount] of Object.entries(view('spare').allocatable))
        most[resource] = Math.max(most[resource] ?? 0, amount);
    }
    return (name) => ({ ...group[0]!.view(name), allocatable: most });
  });
}

/** Pods of one class to places with so many each: who is there already stays. */
function divided(
  pods: readonly SnapshotPod[],
  places: readonly (readonly [node: string, count: number])[],
): (readonly [SnapshotPod, string])[] {
  const divided: [SnapshotPod, string][] = [];
  const waiting = new Set(pods);
  const open: string[] = [];
  for (const [node, count] of places) {
    const staying = pods.filter((pod) => pod.node === node).slice(0, count);
    for (const pod of staying) {
      waiting.delete(pod);
      divided.push([pod, node]);
    }
    for (let more = count - staying.length; more > 0; more--) open.push(node);
  }
  for (const pod of waiting) divided.push([pod, open.pop()!]);
  return divided;
}
