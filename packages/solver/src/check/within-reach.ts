import type { SnapshotPod } from '@restow/model';
import {
  type Carrier,
  type ClusterState,
  maySchedule,
  type PodTerm,
  refusalsOfNode,
  troubles,
} from '@restow/scheduling';

/** Pods whose rules about others speak of nobody else that may move, and where one may stand in for another of its class. */
export interface Fellows {
  readonly pods: readonly SnapshotPod[];
  readonly classOf: (pod: SnapshotPod) => number;
  /** Of a class whose rules speak of others, those that one of it breaks already; undefined: they speak of nobody. */
  readonly known: (c: number) => ReadonlySet<string> | undefined;
}

/** So many placements are looked at for all questions together; from there on everything is within reach. */
const MOST_VISITED = 1_500;

/** Divides pods that may move, by class, into such as can be judged without each other; those without rules are left out. */
export function fellowsOf(
  movable: ReadonlyMap<number, readonly SnapshotPod[]>,
  carriers: readonly Carrier[],
  known: Fellows['known'],
): Fellows[] {
  const termsOf = new Map(carriers.map(({ pod, terms }) => [pod, terms]));
  const classOf = new Map([...movable].flatMap(([c, pods]) => pods.map((pod) => [pod, c] as const)));
  const groups: { pods: SnapshotPod[]; terms: PodTerm[] }[] = [];
  for (const pods of movable.values()) {
    const own = { pods: [...pods], terms: pods.flatMap((pod) => termsOf.get(pod) ?? []) };
    const speaks = (one: typeof own, of: typeof own) => one.terms.some((term) => of.pods.some(term.matches));
    for (const other of groups.filter((one) => speaks(one, own) || speaks(own, one))) {
      own.pods.push(...other.pods);
      own.terms.push(...other.terms);
      groups.splice(groups.indexOf(other), 1);
    }
    groups.push(own);
  }
  return groups.flatMap(({ pods, terms }) =>
    terms.length === 0 ? [] : [{ pods, classOf: (pod: SnapshotPod) => classOf.get(pod)!, known }],
  );
}

/** The node of each pod, in the order of the pods. */
type Places = readonly string[];

/**
 * Whether pods can be brought, one after the other and each to where it is let in, to where they shall be, in a state in
 * which nobody else moves: where that is not possible, it is not with others in the way. Searched from the end, because few
 * placements lead to one that none should lead to; what is nearest to the start comes first. The state given has all
 * nodes, and those pods that never move.
 */
export class Reach {
  #left = MOST_VISITED;

  canBring(fellows: Fellows, goal: Places, state: ClusterState, nodes: readonly string[]): boolean {
    const { pods, classOf } = fellows;
    const keyOf = (places: Places) => places.map((node, k) => `${classOf(pods[k]!)}@${node}`).sort();
    const start = keyOf(pods.map(({ node }) => node!));
    const seen = new Set<string>();
    const open: { readonly places: Places; readonly far: number }[] = [];
    const add = (places: Places) => {
      const key = keyOf(places);
      if (seen.has(key.join())) return;
      seen.add(key.join());
      open.push({ places, far: missing(start, key) });
    };
    add(goal);
    let now = goal;
    pods.forEach((pod, k) => {
      state.add(pod, now[k]!);
    });
    let isFound = false;
    while (!isFound && open.length > 0) {
      const nearest = open.reduce((best, { far }, k) => (far < open[best]!.far ? k : best), 0);
      const [{ places, far }] = open.splice(nearest, 1) as [(typeof open)[number]];
      isFound = far === 0 || --this.#left < 0;
      if (isFound) break;
      bring(pods, now, places, state);
      now = places;
      for (const before of stepsInto(fellows, now, state, nodes)) add(before);
    }
    pods.forEach((pod, k) => {
      state.remove(pod, now[k]!);
    });
    return isFound;
  }
}

/** How many of the wanted are not there. */
function missing(wanted: readonly string[], there: readonly string[]): number {
  const left = [...there];
  return wanted.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  }).length;
}

/** Every placement that might have been before, when somebody had still to come: who is let in, while all others are content. */
function* stepsInto(
  { pods, classOf, known }: Fellows,
  now: Places,
  state: ClusterState,
  nodes: readonly string[],
): Generator<Places> {
  const unhappy = pods.filter((pod, k) => {
    const before = known(classOf(pod));
    return before !== undefined && !troubles(pod, now[k]!, state).every((rule) => before.has(rule));
  });
  const tried = new Set<string>();
  for (const [k, pod] of pods.entries()) {
    const to = now[k]!;
    const alike = `${classOf(pod)}@${to}`;
    if (tried.has(alike) || unhappy.some((other) => other !== pod)) continue;
    tried.add(alike);
    state.remove(pod, to);
    const isLetIn = maySchedule(pod, to, state);
    state.add(pod, to);
    for (const from of isLetIn ? nodes : []) {
      const isHome = pods.some((one) => one.node === from && classOf(one) === classOf(pod));
      const mayBe = isHome || refusalsOfNode(pod, state.place(from).node, state.world).length === 0;
      if (from !== to && mayBe) yield now.with(k, from);
    }
  }
}

function bring(pods: readonly SnapshotPod[], from: Places, to: Places, state: ClusterState): void {
  pods.forEach((pod, k) => {
    if (from[k] !== to[k]) state.remove(pod, from[k]!);
  });
  pods.forEach((pod, k) => {
    if (from[k] !== to[k]) state.add(pod, to[k]!);
  });
}
