import type { NodeKind, Problem, ProblemNode } from '../problem/problem.ts';

/** Problems with no more pods than this are looked at by sets of pods. */
const FEW_PODS = 10;
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

/** The class of each pod that has another place; null: there are too many of them, or of nodes. */
export function fewPods(problem: Problem): number[] | null {
  const free = problem.classes.filter(({ index }) => mayLeave(problem, index));
  const count = free.reduce((sum, { pods }) => sum + pods.length, 0);
  if (count > FEW_PODS || problem.nodes.length * 3 ** count > MOST_PAIRS) return null;
  return free.flatMap(({ index, pods }) => pods.map(() => index));
}

function mayLeave({ kinds, nodes, eligible }: Problem, c: number): boolean {
  if (kinds.some(({ shape }) => eligible[shape]![c] === 1)) return true;
  const places = nodes.filter(
    ({ receives, shape, homeClasses }) => homeClasses.includes(c) || (receives && eligible[shape]![c] === 1),
  );
  return places.length > 1;
}

/**
 * A lower bound on what nodes cost where there are few pods, micros per hour: the least for which they can be divided over
 * nodes, rules that couple nodes and limits of pools aside. null: there are too many.
 */
export function boundOfFewPods(problem: Problem): number | null {
  const pods = fewPods(problem);
  if (pods === null) return null;
  const inBound = (resource: number) => problem.boundResources[resource]!;
  const { from } = costsOfSets(problem, pods, { movePrice: 0, counts: inBound, usableOnly: false });
  return problem.frozenMicrosPerHour + from[0]!.at(-1)!;
}

interface Costing {
  readonly movePrice: number;
  /** Which resources must fit. */
  readonly counts: (resource: number) => boolean;
  readonly usableOnly: boolean;
}

/** Dynamic programming over sets of pods, one node after the other (Bellman 1962). */
export function costsOfSets(problem: Problem, pods: readonly number[], costing: Costing): CostsOfSets {
  const onNode = problem.nodes.map((node) => costsOnNode(problem, pods, node, costing));
  const onKind = problem.kinds.map((kind) =>
    costing.usableOnly && !kind.usable ? null : costsOnKind(problem, pods, kind, costing),
  );
  const onNew = costsOf(pods, (set) => Math.min(...onKind.map((costs) => costs?.[set] ?? NEVER)));
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
      costsOf(pods, (set) => {
        let least = here[0]! + next[set]!;
        for (let one = set; one > 0; one = (one - 1) & set) least = Math.min(least, here[one]! + next[set ^ one]!);
        return least;
      }),
    );
  }
  return { onNode, onKind, onNew, onNewOnes, from };
}

function costsOnNode(problem: Problem, pods: readonly number[], node: ProblemNode, costing: Costing): SetCosts {
  const { shape, receives, removable, microsPerHour, homeClasses, homeCounts } = node;
  const capacity = Float64Array.from(node.capacity);
  const staying = homeClasses.filter((c) => !pods.includes(c));
  for (const c of staying) take(problem, c, homeCounts[homeClasses.indexOf(c)]!, capacity);
  const mayBeRemoved = removable && staying.length === 0;
  const classes = [...new Set(pods)];
  return costsOf(pods, (set) => {
    let moves = 0;
    for (const c of classes) {
      const here = pods.filter((other, index) => other === c && has(set, index)).length;
      const come = Math.max(0, here - (homeCounts[homeClasses.indexOf(c)] ?? 0));
      if (come > 0 && (!receives || problem.eligible[shape]![c] !== 1)) return NEVER;
      moves += come;
    }
    if (!fits(problem, pods, set, capacity, costing)) return NEVER;
    return (set === 0 && mayBeRemoved ? 0 : microsPerHour) + costing.movePrice * moves;
  });
}

function costsOnKind(problem: Problem, pods: readonly number[], kind: NodeKind, costing: Costing): SetCosts {
  const { shape, capacity, microsPerHour } = kind;
  return costsOf(pods, (set) => {
    const here = pods.filter((_, index) => has(set, index));
    const mayCome = here.every((c) => problem.eligible[shape]![c] === 1) && fits(problem, pods, set, capacity, costing);
    return mayCome ? microsPerHour + costing.movePrice * here.length : NEVER;
  });
}

function costsOf(pods: readonly number[], costOf: (set: number) => number): SetCosts {
  return Float64Array.from({ length: 2 ** pods.length }, (_, set) => costOf(set));
}

function fits(
  problem: Problem,
  pods: readonly number[],
  set: number,
  capacity: Float64Array,
  { counts }: Costing,
): boolean {
  const left = Float64Array.from(capacity);
  for (const [index, c] of pods.entries()) if (has(set, index)) take(problem, c, 1, left);
  return left.every((amount, resource) => amount >= 0 || !counts(resource));
}

function take(problem: Problem, c: number, count: number, left: Float64Array): void {
  const { dims, amounts } = problem.classes[c]!;
  for (let k = 0; k < dims.length; k++) left[dims[k]!]! -= count * amounts[k]!;
}

/** Whether the pod at this position is in the set. */
export function has(set: number, index: number): boolean {
  return ((set >> index) & 1) === 1;
}
