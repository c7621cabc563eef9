import type { SnapshotPod } from '@restow/model';
import {
  type Carrier,
  type ClusterState,
  maySchedule,
  type NodeView,
  type PodTerm,
  refusalsOfNode,
  troubles,
} from '@restow/scheduling';

/** Pods whose rules about others speak of nobody else that may move, and where one may stand in for another of its class. */
export interface Fellows {
  readonly pods: readonly SnapshotPod[];
  readonly classOf: (pod: SnapshotPod) => number;
  /** Of a pod whose rules speak of others, those that it breaks already; undefined: they speak of nobody. */
  readonly known: (pod: SnapshotPod) => ReadonlySet<string> | undefined;
}

/** So many placements are looked at for all questions together; from there on everything is within reach. */
const MOST_VISITED = 1_500;
/** Where there are more ways to say which pod of a class is where in the end, it is within reach. */
const MOST_GOALS = 300;

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

/** Where pods may be: nodes that are there all the time, and such as are launched for a while, seen only while a pod is there. */
export interface Stage {
  /** Has all nodes, and those pods that never move. */
  readonly state: ClusterState;
  readonly nodes: readonly string[];
  /** Each may be launched more than once. */
  readonly spares: readonly ((name: string) => NodeView)[];
}

/**
 * Whether pods can be brought, one after the other and each to where it is let in, to where they shall be, while nobody
 * else moves: where that is not possible, it is not with others in the way. Searched from the end, because few placements
 * lead to one that none should lead to; what is nearest to the start comes first.
 */
export class Reach {
  #left = MOST_VISITED;

  canBring(fellows: Fellows, goal: Places, stage: Stage): boolean {
    const { pods, classOf, known } = fellows;
    // Pods of a class are alike but for what each may go on breaking.
    const kinds = pods.map((pod) => `${classOf(pod)}!${[...(known(pod) ?? [])].sort().join('!')}`);
    const keyOf = (places: Places) => places.map((node, k) => `${kinds[k]}@${node}`).sort();
    const start = keyOf(pods.map(({ node }) => node!));
    const seen = new Set<string>();
    const open: { readonly places: Places; readonly far: number }[] = [];
    const add = (places: Places): boolean => {
      const key = keyOf(places);
      if (seen.has(key.join())) return false;
      seen.add(key.join());
      open.push({ places, far: missing(start, key) });
      return true;
    };
    add(goal);
    const unlike = exchanges(fellows, kinds);
    for (const { places } of open) {
      for (const [k, l] of unlike) {
        if (add(places.with(k, places[l]!).with(l, places[k]!)) && seen.size > MOST_GOALS) return true;
      }
    }
    const scene = new Scene(fellows, goal, stage);
    let isFound = false;
    while (!isFound && open.length > 0) {
      const nearest = open.reduce((best, { far }, k) => (far < open[best]!.far ? k : best), 0);
      const [{ places, far }] = open.splice(nearest, 1) as [(typeof open)[number]];
      isFound = far === 0 || --this.#left < 0;
      if (isFound) break;
      scene.become(places);
      for (const before of stepsInto(fellows, kinds, scene)) add(before);
    }
    scene.clear();
    return isFound;
  }
}

/** Pods of one class that are not alike: which of two is where makes a difference. */
function exchanges({ pods, classOf }: Fellows, kinds: readonly string[]): [number, number][] {
  const isOne = (k: number, l: number) => kinds[k] !== kinds[l] && classOf(pods[k]!) === classOf(pods[l]!);
  return [...pods.keys()].flatMap((k) =>
    [...pods.keys()].flatMap((l): [number, number][] => (k < l && isOne(k, l) ? [[k, l]] : [])),
  );
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

/** Some pods on a stage: a node that is launched for a while is there as long as one of them is on it. */
class Scene {
  readonly pods: readonly SnapshotPod[];
  now: Places;
  readonly #stage: Stage;
  readonly #classOf: Fellows['classOf'];
  /** By spare: names of as many copies as there are pods. */
  readonly #copies: readonly (readonly string[])[];
  readonly #viewOf = new Map<string, (name: string) => NodeView>();
  readonly #byClass = new Map<number, { readonly nodes: readonly string[]; readonly spares: readonly number[] }>();

  constructor({ pods, classOf }: Fellows, places: Places, stage: Stage) {
    this.pods = pods;
    this.now = places;
    this.#classOf = classOf;
    this.#stage = stage;
    this.#copies = stage.spares.map((view, kind) =>
      pods.map((_, copy) => {
        const name = `spare/${kind}/${copy}`;
        this.#viewOf.set(name, view);
        return name;
      }),
    );
    this.#put(pods.keys());
  }

  get state(): ClusterState {
    return this.#stage.state;
  }

  become(places: Places): void {
    const changed = [...this.pods.keys()].filter((k) => places[k] !== this.now[k]);
    this.#take(changed);
    this.now = places;
    this.#put(changed);
  }

  clear(): void {
    this.#take(this.pods.keys());
  }

  /** Where one of them might have been instead: of the copies of a spare those in use, and one more. */
  places(k: number): string[] {
    const { state } = this.#stage;
    const { nodes, spares } = this.#allowed(k);
    const copies = spares.flatMap((kind) => {
      const names = this.#copies[kind]!;
      const first = names.findIndex((name) => !state.has(name));
      return names.filter((name, copy) => copy === first || state.has(name));
    });
    return [...nodes, ...copies];
  }

  /** Homes of its class, nodes that the rules on single nodes let it come to, and such spares. */
  #allowed(k: number): { readonly nodes: readonly string[]; readonly spares: readonly number[] } {
    const pod = this.pods[k]!;
    const c = this.#classOf(pod);
    let allowed = this.#byClass.get(c);
    if (allowed === undefined) {
      const { state, nodes, spares } = this.#stage;
      const homes = this.pods.filter((one) => this.#classOf(one) === c).map(({ node }) => node!);
      const mayBe = (node: NodeView) => refusalsOfNode(pod, node, state.world).length === 0;
      const reached = nodes.filter((name) => homes.includes(name) || mayBe(state.place(name).node));
      allowed = { nodes: reached, spares: [...spares.keys()].filter((kind) => mayBe(spares[kind]!('spare'))) };
      this.#byClass.set(c, allowed);
    }
    return allowed;
  }

  #put(indices: Iterable<number>): void {
    const { state } = this.#stage;
    for (const k of indices) {
      const name = this.now[k]!;
      if (!state.has(name)) state.addNode(this.#viewOf.get(name)!(name));
      state.add(this.pods[k]!, name);
    }
  }

  #take(indices: Iterable<number>): void {
    const { state } = this.#stage;
    for (const k of indices) {
      const name = this.now[k]!;
      state.remove(this.pods[k]!, name);
      if (this.#viewOf.has(name) && state.place(name).pods.size === 0) state.removeNode(name);
    }
  }
}

/** Every placement that might have been before, when somebody had still to come: who is let in, while all others are content. */
function* stepsInto({ pods, known }: Fellows, kinds: readonly string[], scene: Scene): Generator<Places> {
  const { state, now } = scene;
  const unhappy = pods.filter((pod, k) => {
    const before = known(pod);
    return before !== undefined && !troubles(pod, now[k]!, state).every((rule) => before.has(rule));
  });
  const tried = new Set<string>();
  for (const [k, pod] of pods.entries()) {
    const to = now[k]!;
    const alike = `${kinds[k]}@${to}`;
    if (tried.has(alike) || unhappy.some((other) => other !== pod)) continue;
    tried.add(alike);
    state.remove(pod, to);
    const isLetIn = maySchedule(pod, to, state);
    state.add(pod, to);
    if (!isLetIn) continue;
    for (const from of scene.places(k)) if (from !== to) yield now.with(k, from);
  }
}
