import { containersOf } from '../bound/containers.ts';
import type { Relaxation } from '../bound/relax.ts';
import { type Prices, worthByDomains } from '../bound/rows.ts';
import type { NodeKind, Problem } from '../problem/problem.ts';

/** What the search is guided by: prices by class, and the kinds worth launching. */
export interface Guide {
  /** What a pod of the class is worth, from the relaxation's duals, micros per hour. */
  readonly worth: Float64Array;
  /** The same in these domains, less what rules between nodes make scarce there. */
  readonly worthIn: (domains: Int32Array) => ArrayLike<number>;
  /** Kinds that no other one can stand in for, coupling aside. */
  readonly kinds: readonly number[];
  /** All kinds, for pods that need a place in a domain. */
  readonly allKinds: readonly number[];
  /** By kind and class: the order in which a kind is filled, most worth for its scarcest room first; one for kinds alike. */
  readonly rank: readonly Int32Array[];
  /** By class and resource, row after row: what a pod asks for. */
  readonly demands: Float64Array;
  /** By class: 1 where rules about other pods have a say. */
  readonly coupled: Uint8Array;
  /** By kind: equal numbers for the same domains. */
  readonly placeOf: Int32Array;
  /** By kind: equal numbers where the same pods have room, at the same costs of their own. */
  readonly roomOf: Int32Array;
  /** By resource: the least that any class asks of it, 0 where some ask nothing. With less than that left a node is full. */
  readonly least: Float64Array;
  /** Classes that ask for no more than another one of any resource, one for all that ask alike: where none of them fits, nothing does. */
  readonly smallest: readonly number[];
}

/** Kinds whose room has the same proportions within this factor are filled in the same order. */
const ALIKE = 1.15;

export function guideOf(problem: Problem, relaxation: Prices & Pick<Relaxation, 'rows'>): Guide {
  const { duals: worth, rows } = relaxation;
  const worthIn = worthByDomains(rows, relaxation);
  const byProportions = new Map<string, Int32Array>();
  const rank = problem.kinds.map(({ capacity }) => {
    const key = proportionsOf(capacity);
    const known = byProportions.get(key) ?? rankOf(problem, capacity, worth);
    byProportions.set(key, known);
    return known;
  });
  const usable = promising(problem, worthIn, rank);
  const kinds = containersOf({ ...problem, kinds: usable, nodes: [] }).flatMap(({ kind }) =>
    kind === null ? [] : [kind],
  );
  const demands = demandsOf(problem);
  return {
    worth,
    worthIn,
    kinds,
    allKinds: usable.map(({ index }) => index),
    rank,
    demands,
    coupled: Uint8Array.from(problem.classes, (one) => (one.coupled ? 1 : 0)),
    placeOf: numbered(problem.kinds, ({ domains }) => domains.join()),
    roomOf: numbered(
      problem.kinds,
      ({ shape, capacity, podCosts }) => `${shape}|${podCosts.interruptionsPerHour}|${capacity.join()}`,
    ),
    least: leastOf(problem),
    smallest: smallestOf(problem, demands),
  };
}

/** Equal numbers for equal keys. */
function numbered<Of>(all: readonly Of[], keyOf: (one: Of) => string): Int32Array {
  const numbers = new Map<string, number>();
  return Int32Array.from(all, (one) => {
    const key = keyOf(one);
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
}

function proportionsOf(capacity: Float64Array): string {
  const base = capacity.find((room) => room > 0) ?? 1;
  return Array.from(capacity, (room) => (room > 0 ? Math.round(Math.log(room / base) / Math.log(ALIKE)) : '-')).join();
}

function rankOf({ classes }: Problem, capacity: Float64Array, worth: Float64Array): Int32Array {
  const density = classes.map(({ dims, amounts }, c) => {
    let share = 1e-12;
    for (let k = 0; k < dims.length; k++) {
      const room = capacity[dims[k]!]!;
      share = Math.max(share, room > 0 ? amounts[k]! / room : Number.POSITIVE_INFINITY);
    }
    return worth[c]! / share;
  });
  const order = classes.map((_, c) => c).sort((a, b) => density[b]! - density[a]! || a - b);
  const ranks = new Int32Array(order.length);
  order.forEach((c, position) => {
    ranks[c] = position;
  });
  return ranks;
}

function demandsOf({ classes, resources }: Problem): Float64Array {
  const demands = new Float64Array(classes.length * resources.length);
  classes.forEach(({ dims, amounts }, c) => {
    dims.forEach((r, k) => {
      demands[c * resources.length + r] = amounts[k]!;
    });
  });
  return demands;
}

function smallestOf({ classes, resources }: Problem, all: Float64Array): number[] {
  const demands = classes.map((_, c) => all.subarray(c * resources.length, (c + 1) * resources.length));
  const kept: number[] = [];
  const total = demands.map((demand) => demand.reduce((sum, amount) => sum + amount, 0));
  // What asks for no more of anything asks for no more in all, so it has been seen.
  for (const c of classes.map((_, index) => index).sort((a, b) => total[a]! - total[b]! || a - b)) {
    if (!kept.some((other) => demands[other]!.every((amount, r) => amount <= demands[c]![r]!))) kept.push(c);
  }
  return kept;
}

function leastOf({ classes, resources }: Problem): Float64Array {
  const least = new Float64Array(resources.length).fill(Number.POSITIVE_INFINITY);
  const asking = new Int32Array(resources.length);
  for (const { dims, amounts } of classes) {
    dims.forEach((r, k) => {
      asking[r]!++;
      least[r] = Math.min(least[r]!, amounts[k]!);
    });
  }
  return least.map((amount, r) => (asking[r] === classes.length ? amount : 0));
}

/** A kind that, filled greedily, gives less than this for its price is only of use for a small rest. */
const PROMISING_SHARE = 0.85;
/** So many of the cheapest kinds of each shape and place are kept for rests. */
const CHEAPEST_KEPT = 5;

/** Usable kinds that are worth trying: hundreds of machine types are sold, few are ever the best buy. */
function promising(problem: Problem, worthIn: Guide['worthIn'], rank: readonly Int32Array[]): NodeKind[] {
  const kept = new Map<string, number>();
  return problem.kinds.filter((kind) => {
    if (!kind.usable) return false;
    // Kinds come in the order of price.
    const place = `${kind.shape}|${kind.domains.join(',')}|${kind.limitGroup}`;
    const cheaper = kept.get(place) ?? 0;
    const keep =
      cheaper < CHEAPEST_KEPT ||
      greedyWorth(problem, kind, worthIn(kind.domains), rank[kind.index]!) >= PROMISING_SHARE * kind.microsPerHour;
    if (keep) kept.set(place, cheaper + 1);
    return keep;
  });
}

function greedyWorth(problem: Problem, kind: NodeKind, worth: ArrayLike<number>, rank: Int32Array): number {
  const eligible = problem.eligible[kind.shape]!;
  const left = Float64Array.from(kind.capacity);
  let value = 0;
  for (const { index, dims, amounts, pods } of problem.classes.toSorted((a, b) => rank[a.index]! - rank[b.index]!)) {
    if (eligible[index] !== 1) continue;
    let fits = pods.length;
    for (let d = 0; d < dims.length; d++) fits = Math.min(fits, Math.floor(left[dims[d]!]! / amounts[d]!));
    for (let d = 0; d < dims.length; d++) left[dims[d]!]! -= fits * amounts[d]!;
    value += fits * worth[index]!;
  }
  return value;
}
