import { containersOf } from '../bound/containers.ts';
import type { Problem } from '../problem/problem.ts';

/** What the search is guided by: prices by class, and the kinds worth launching. */
export interface Guide {
  /** What a pod of the class is worth, from the relaxation's duals, micros per hour. */
  readonly worth: Float64Array;
  /** Kinds that no other one can stand in for, coupling aside. */
  readonly kinds: readonly number[];
  /** All kinds, for pods that need a place in a domain. */
  readonly allKinds: readonly number[];
  /** By kind and class: the order in which a kind is filled, most worth for its scarcest room first. */
  readonly rank: readonly Int32Array[];
}

export function guideOf(problem: Problem, duals: ArrayLike<number>): Guide {
  const worth = Float64Array.from(problem.classes, ({ index }) => duals[index]!);
  const rank = problem.kinds.map(({ capacity }) => {
    const density = problem.classes.map(({ dims, amounts }, c) => {
      let share = 1e-12;
      for (let k = 0; k < dims.length; k++) {
        const room = capacity[dims[k]!]!;
        share = Math.max(share, room > 0 ? amounts[k]! / room : Number.POSITIVE_INFINITY);
      }
      return worth[c]! / share;
    });
    const order = problem.classes.map((_, c) => c).sort((a, b) => density[b]! - density[a]! || a - b);
    const ranks = new Int32Array(order.length);
    order.forEach((c, position) => {
      ranks[c] = position;
    });
    return ranks;
  });
  const usable = problem.kinds.filter((kind) => kind.usable);
  const kinds = containersOf({ ...problem, kinds: usable }).flatMap(({ kind }) => (kind === null ? [] : [kind]));
  return { worth, kinds, allKinds: usable.map(({ index }) => index), rank };
}
