import type { NodeKind, Problem, ProblemNode } from '../problem/problem.ts';

/** Problems with no more pods than this are looked at by sets of pods. */
const FEW_PODS = 12;
/** Where there are so many nodes that there are more pairs of a node and two sets of pods than this, they are not. */
const MOST_PAIRS = 40e6;
const NEVER = Number.POSITIVE_INFINITY;

/** What each set of pods costs together where they fit, else infinite: sets are bits of a number, one for each pod. */
export type SetCosts = Float64Array<ArrayBuffer>;

/** What sets of a few pods cost on each node, and what is left costs at least. Micros per hour, moves included. */
export interface CostsOfSets {
  /** By existing node, and by kind that may be launched; null: it may not. */
  readonly onNode: readonly SetCosts[];
  readonly onKind: readonly (SetCosts | null)[];
  /** On one new node, on any number of them, and on the existing nodes from this one on with any number of new ones. */
  readonly onNew: SetCosts;
  readonly onNewOnes: SetCosts;
  readonly from: readonly SetCosts[];
}

/** The class of each pod, but of classes that have no other place; null: there are too many of them, or of nodes. */
export function fewPods({ classes, nodes, podReasons }: Problem): number[] | null {
  const few: number[] = [];
  for (const { index, pods } of classes) {
    if (pods.every(({ namespace, name }) => podReasons.has(`${namespace}/${name}`))) continue;
    if (few.length + pods.length > FEW_PODS) return null;
    few.push(...pods.map(() => index));
  }
  return nodes.length * 3 ** few.length > MOST_PAIRS ? null : few;
}

export interface Costing {
  /** Of one pod of a class. */
  readonly moveCost: (c: number) => number;
  /** Which resources must fit. */
  readonly counts: (resource: number) => boolean;
  readonly usableOnly: boolean;
}

/** Dynamic programming over sets of pods, one node after the other (Bellman 1962). */
export function costsOfSets(problem: Problem, pods: readonly number[], costing: Costing): CostsOfSets {
  const sets = new PodSets(problem, pods, costing.counts);
  const onNode = problem.nodes.map((node) => costsOnNode(problem, sets, node, costing.moveCost));
  const onKind = problem.kinds.map((kind) =>
    costing.usableOnly && !kind.usable ? null : costsOnKind(sets, kind, costing.moveCost),
  );
  const onNew = sets.costs((set) => {
    let least = NEVER;
    for (const costs of onKind) if (costs !== null && costs[set]! < least) least = costs[set]!;
    return least;
  });
  const onNewOnes = onNew.slice();
  onNewOnes[0] = 0;
  for (let set = 1; set < onNew.length; set++) {
    const first = set & -set;
    for (let one = set; one > 0; one = (one - 1) & set) {
      if ((one & first) !== 0) onNewOnes[set] = Math.min(onNewOnes[set]!, onNew[one]! + onNewOnes[set ^ one]!);
    }
  }
  const from = [onNewOnes];
  for (const here of onNode.toReversed()) {
    const [next] = from as [SetCosts];
    from.unshift(
      sets.costs((set) => {
        let least = here[0]! + next[set]!;
        for (let one = set; one > 0; one = (one - 1) & set) least = Math.min(least, here[one]! + next[set ^ one]!);
        return least;
      }),
    );
  }
  return { onNode, onKind, onNew, onNewOnes, from };
}

function costsOnNode(problem: Problem, sets: PodSets, node: ProblemNode, moveCost: Costing['moveCost']): SetCosts {
  const { shape, receives, removable, microsPerHour, homeClasses, homeCounts } = node;
  const capacity = Float64Array.from(node.capacity);
  const homeOf = (c: number) => homeCounts[homeClasses.indexOf(c)] ?? 0;
  const staying = homeClasses.filter((c) => !sets.members.has(c));
  for (const c of staying) {
    const { dims, amounts } = problem.classes[c]!;
    for (let k = 0; k < dims.length; k++) capacity[dims[k]!]! -= homeOf(c) * amounts[k]!;
  }
  const mayBeRemoved = removable && staying.length === 0;
  const classes = [...sets.members].map(([c, members]) => {
    return { members, price: moveCost(c), home: homeOf(c), mayCome: receives && problem.eligible[shape]![c] === 1 };
  });
  return sets.costs((set) => {
    let moving = 0;
    for (const { members, price, home, mayCome } of classes) {
      const come = Math.max(0, countOf(set & members) - home);
      if (come > 0 && !mayCome) return NEVER;
      moving += price * come;
    }
    if (!sets.fits(set, capacity)) return NEVER;
    return (set === 0 && mayBeRemoved ? 0 : microsPerHour) + moving;
  });
}

function costsOnKind(
  sets: PodSets,
  { shape, capacity, microsPerHour }: NodeKind,
  moveCost: Costing['moveCost'],
): SetCosts {
  const mayCome = sets.eligibleFor(shape);
  return sets.costs((set) =>
    (set & ~mayCome) === 0 && sets.fits(set, capacity) ? microsPerHour + sets.costOfMoving(set, moveCost) : NEVER,
  );
}

/** All sets of some pods, and what each asks for together. */
class PodSets {
  /** By class, which of the pods are of it. */
  readonly members = new Map<number, number>();
  readonly #problem: Problem;
  readonly #count: number;
  /** Resources that count, and what each set asks of them, set by set. */
  readonly #resources: readonly number[];
  readonly #asked: Float64Array;

  constructor(problem: Problem, pods: readonly number[], counts: (resource: number) => boolean) {
    this.#problem = problem;
    this.#count = 2 ** pods.length;
    this.#resources = problem.resources.flatMap((_, resource) => (counts(resource) ? [resource] : []));
    for (const [index, c] of pods.entries()) this.members.set(c, (this.members.get(c) ?? 0) | (1 << index));
    const width = this.#resources.length;
    this.#asked = new Float64Array(this.#count * width);
    for (let set = 1; set < this.#count; set++) {
      const { dims, amounts } = problem.classes[pods[31 - Math.clz32(set & -set)]!]!;
      const rest = set & (set - 1);
      this.#resources.forEach((resource, r) => {
        const own = amounts[dims.indexOf(resource)] ?? 0;
        this.#asked[set * width + r] = this.#asked[rest * width + r]! + own;
      });
    }
  }

  costOfMoving(set: number, moveCost: Costing['moveCost']): number {
    let sum = 0;
    for (const [c, members] of this.members) sum += moveCost(c) * countOf(set & members);
    return sum;
  }

  costs(costOf: (set: number) => number): SetCosts {
    return Float64Array.from({ length: this.#count }, (_, set) => costOf(set));
  }

  fits(set: number, capacity: Float64Array): boolean {
    const width = this.#resources.length;
    for (let r = 0; r < width; r++) {
      if (this.#asked[set * width + r]! > capacity[this.#resources[r]!]!) return false;
    }
    return true;
  }

  /** Those of the pods that may come to nodes of this shape. */
  eligibleFor(shape: number): number {
    let all = 0;
    for (const [c, members] of this.members) if (this.#problem.eligible[shape]![c] === 1) all |= members;
    return all;
  }
}

/** How many of the pods move where these sets of them are on the existing nodes, and the rest on new ones. */
export function movesWith({ nodes }: Problem, pods: readonly number[], onNodes: readonly number[]): number {
  let staying = 0;
  onNodes.forEach((set, node) => {
    const { homeClasses, homeCounts } = nodes[node]!;
    homeClasses.forEach((c, k) => {
      let here = 0;
      for (const [index, own] of pods.entries()) if (own === c && has(set, index)) here++;
      staying += Math.min(here, homeCounts[k]!);
    });
  });
  return pods.length - staying;
}

/** Whether the pod at this position is in the set. */
export function has(set: number, index: number): boolean {
  return ((set >> index) & 1) === 1;
}

function countOf(set: number): number {
  let count = 0;
  for (let left = set; left > 0; left &= left - 1) count++;
  return count;
}
