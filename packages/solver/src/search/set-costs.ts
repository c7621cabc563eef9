import type { Problem } from '../problem/problem.ts';

/** Problems with no more pods than this are looked at by sets of pods. */
const FEW_PODS = 10;
/** Where there are so many nodes that there are more pairs of a node and two sets of pods than this, they are not. */
const MOST_PAIRS = 40e6;

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

/** The class of each pod; null: there are too many of them, or of nodes. */
export function fewPods({ classes, nodes }: Problem): number[] | null {
  const count = classes.reduce((sum, { pods }) => sum + pods.length, 0);
  if (count > FEW_PODS || nodes.length * 3 ** count > MOST_PAIRS) return null;
  return classes.flatMap(({ index, pods }) => pods.map(() => index));
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
export function costsOfSets(
  problem: Problem,
  pods: readonly number[],
  { movePrice, counts, usableOnly }: Costing,
): CostsOfSets {
  const sets = 2 ** pods.length;
  const fits = (set: number, capacity: Float64Array): boolean => {
    const left = Float64Array.from(capacity);
    return pods.every((c, index) => {
      if (((set >> index) & 1) === 0) return true;
      const { dims, amounts } = problem.classes[c]!;
      for (let k = 0; k < dims.length; k++) {
        const resource = dims[k]!;
        left[resource]! -= amounts[k]!;
        if (left[resource]! < 0 && counts(resource)) return false;
      }
      return true;
    });
  };
  const costs = (costOf: (set: number) => number): SetCosts =>
    Float64Array.from({ length: sets }, (_, set) => costOf(set));
  const onNode = problem.nodes.map(
    ({ capacity, shape, receives, removable, microsPerHour, homeClasses, homeCounts }): SetCosts =>
      costs((set) => {
        let moves = 0;
        for (const c of new Set(pods)) {
          const here = pods.filter((other, index) => other === c && (set >> index) & 1).length;
          const home = homeCounts[homeClasses.indexOf(c)] ?? 0;
          const come = Math.max(0, here - home);
          if (come > 0 && (!receives || problem.eligible[shape]![c] !== 1)) return Number.POSITIVE_INFINITY;
          moves += come;
        }
        if (!fits(set, capacity)) return Number.POSITIVE_INFINITY;
        return (set === 0 && removable ? 0 : microsPerHour) + movePrice * moves;
      }),
  );
  const onKind = problem.kinds.map(({ usable, capacity, shape, microsPerHour }): SetCosts | null =>
    usableOnly && !usable
      ? null
      : costs((set) => {
          const mayCome = pods.every((c, index) => ((set >> index) & 1) === 0 || problem.eligible[shape]![c] === 1);
          return mayCome && fits(set, capacity) ? microsPerHour + movePrice * countOf(set) : Number.POSITIVE_INFINITY;
        }),
  );
  const onNew = costs((set) => Math.min(...onKind.map((of) => of?.[set] ?? Number.POSITIVE_INFINITY)));
  const onNewOnes = new Float64Array(sets);
  for (let set = 1; set < sets; set++) {
    const first = set & -set;
    let least = Number.POSITIVE_INFINITY;
    for (let one = set; one > 0; one = (one - 1) & set) {
      if ((one & first) !== 0) least = Math.min(least, onNew[one]! + onNewOnes[set ^ one]!);
    }
    onNewOnes[set] = least;
  }
  const from = [onNewOnes];
  for (const node of onNode.toReversed()) {
    const [next] = from as [SetCosts];
    from.unshift(
      costs((set) => {
        let least = node[0]! + next[set]!;
        for (let one = set; one > 0; one = (one - 1) & set) least = Math.min(least, node[one]! + next[set ^ one]!);
        return least;
      }),
    );
  }
  return { onNode, onKind, onNew, onNewOnes, from };
}

function countOf(set: number): number {
  let count = 0;
  for (let left = set; left > 0; left &= left - 1) count++;
  return count;
}
