import type { LpColumn } from '../lp/port.ts';
import type { NodeKind, Problem, ProblemNode } from '../problem/problem.ts';
import type { Container } from './containers.ts';
import type { LinearRules } from './linear-rules.ts';
import type { Pattern } from './patterns.ts';
import { SCALE } from './scale.ts';

/** A linear rule between containers, as a row over what they hold: all that counts is no more than `most`. */
export interface BoundRow {
  readonly most: number;
  /** Where its pods count; null: it counts no pods. */
  readonly place: { readonly topology: number; readonly domain: number } | null;
  /** Classes of which each pod counts one, in these containers. */
  readonly classes: readonly number[];
  readonly containers: readonly number[];
  /** What one of a container counts by itself, where that is not nothing. */
  readonly ofContainer: ReadonlyMap<number, number>;
}

/** What one more pod of each class would cost, and what one more would save that each row lets be; none below 0. Micros per hour. */
export interface Prices {
  readonly duals: Float64Array;
  readonly rowDuals: Float64Array;
}

/** Weight of the best prices so far against a master's own: smoothing after Wentges 1997. */
const SMOOTHING = 0.5;

/** Between the best so far and the latest. */
export function smoothed(best: number, latest: number): number {
  return SMOOTHING * best + (1 - SMOOTHING) * latest;
}

export function smoothedPrices(best: Prices, latest: Prices): Prices {
  const mixed = (one: Float64Array, other: Float64Array) => other.map((value, k) => smoothed(one[k]!, value));
  return { duals: mixed(best.duals, latest.duals), rowDuals: mixed(best.rowDuals, latest.rowDuals) };
}

/** What an engine's duals say: of the classes, which come first, and of `rows` from an index on. */
export function pricesOf(duals: Float64Array, classes: number, rows: readonly BoundRow[], first: number): Prices {
  return {
    duals: duals.slice(0, classes).map((dual) => Math.max(0, dual) / SCALE),
    rowDuals: duals.slice(first, first + rows.length).map((dual) => Math.max(0, -dual) / SCALE),
  };
}

export function rowsOf(
  { kinds, nodes }: Problem,
  containers: readonly Pick<Container, 'kind' | 'nodes'>[],
  rules: LinearRules,
): BoundRow[] {
  const ofPlace = <T>(
    { kind, nodes: members }: (typeof containers)[number],
    ofKind: (one: NodeKind) => T,
    ofNode: (one: ProblemNode) => T,
  ) => (kind === null ? ofNode(nodes[members[0]!]!) : ofKind(kinds[kind]!));
  const domains = containers.map((container) =>
    ofPlace(
      container,
      (one) => one.domains,
      (one) => one.domains,
    ),
  );
  return [
    ...rules.pods.map(({ most, classes, topology, domain }) => ({
      most,
      place: { topology, domain },
      classes,
      containers: containers.flatMap((_, k) => (domains[k]![topology] === domain ? [k] : [])),
      ofContainer: new Map<number, number>(),
    })),
    ...rules.nodes.map(({ most, ofKind, ofNode }) => ({
      most,
      place: null,
      classes: [],
      containers: [],
      ofContainer: new Map(
        containers.flatMap((container, k) => {
          const value = ofPlace(container, ofKind, ofNode);
          return value === 0 ? [] : [[k, value] as const];
        }),
      ),
    })),
  ];
}

/** By container: what pods are worth there, less what rows take. Where no row takes anything it is what they are worth by class. */
export function worthByContainer(
  rows: readonly BoundRow[],
  { duals, rowDuals }: Prices,
): (container: number) => Float64Array {
  const own = new Map<number, Float64Array>();
  rows.forEach(({ classes, containers }, r) => {
    const price = rowDuals[r]!;
    if (price === 0) return;
    for (const k of containers) {
      const worth = own.get(k) ?? Float64Array.from(duals);
      for (const c of classes) worth[c]! -= price;
      own.set(k, worth);
    }
  });
  return (container) => own.get(container) ?? duals;
}

/** The same by the domains of whatever holds them. */
export function worthByDomains(
  rows: readonly BoundRow[],
  { duals, rowDuals }: Prices,
): (domains: Int32Array) => Float64Array {
  const taking = rows.flatMap(({ place, classes }, r) =>
    place === null || rowDuals[r] === 0 ? [] : [{ ...place, classes, price: rowDuals[r]! }],
  );
  if (taking.length === 0) return () => duals;
  const topologies = [...new Set(taking.map(({ topology }) => topology))];
  const byDomains = new Map<string, Float64Array>();
  const known = new WeakMap<Int32Array, Float64Array>();
  const worthIn = (domains: Int32Array) => {
    const key = topologies.map((topology) => domains[topology]!).join();
    let worth = byDomains.get(key);
    if (worth !== undefined) return worth;
    worth = Float64Array.from(duals);
    for (const { topology, domain, classes, price } of taking)
      if (domains[topology] === domain) for (const c of classes) worth[c]! -= price;
    byDomains.set(key, worth);
    return worth;
  };
  return (domains) => {
    const worth = known.get(domains) ?? worthIn(domains);
    known.set(domains, worth);
    return worth;
  };
}

/** By container: what rows take of one of it, whatever it holds; what they give is below 0. */
export function takenOf(rows: readonly BoundRow[], { rowDuals }: Prices, containers: number): Float64Array {
  const taken = new Float64Array(containers);
  rows.forEach(({ ofContainer }, r) => {
    for (const [k, value] of ofContainer) taken[k]! += rowDuals[r]! * value;
  });
  return taken;
}

/** Breaking a row by one costs so many times the dearest container: more than it can save. */
const BROKEN = 4;

/** Columns by which rows can be broken at a price, so that a program has an answer whatever it is made of. `first`: the rows' first index. */
export function slackColumns(
  rows: readonly BoundRow[],
  containers: readonly Pick<Container, 'microsPerHour'>[],
  first: number,
): LpColumn[] {
  const dearest = containers.reduce((most, { microsPerHour }) => Math.max(most, microsPerHour), 0);
  return rows.map((_, r) => ({ cost: BROKEN * dearest * SCALE, rows: [first + r], values: [-1] }));
}

/** Rows by container: what counts in which. */
export class RowIndex {
  readonly #ofContainer: readonly (readonly (readonly [row: number, value: number])[])[];
  readonly #ofPod: readonly ReadonlyMap<number, readonly number[]>[];

  constructor(rows: readonly BoundRow[], containers: number) {
    const ofContainer = Array.from({ length: containers }, (): [number, number][] => []);
    const ofPod = Array.from({ length: containers }, () => new Map<number, number[]>());
    rows.forEach((row, r) => {
      for (const [k, value] of row.ofContainer) ofContainer[k]!.push([r, value]);
      for (const k of row.containers) {
        for (const c of row.classes) {
          const known = ofPod[k]!.get(c);
          if (known === undefined) ofPod[k]!.set(c, [r]);
          else known.push(r);
        }
      }
    });
    this.#ofContainer = ofContainer;
    this.#ofPod = ofPod;
  }

  /** Which rows a container counts in by itself, and how much. */
  ofContainer(container: number): readonly (readonly [row: number, value: number])[] {
    return this.#ofContainer[container]!;
  }

  /** Containers that some row wants whatever they hold. */
  get wanted(): readonly number[] {
    return [...this.#ofContainer.keys()].filter((k) => this.#ofContainer[k]!.some(([, value]) => value < 0));
  }

  /** Which rows a pod of a class counts in, in a container. */
  ofPod(container: number, c: number): readonly number[] {
    return this.#ofPod[container]!.get(c) ?? [];
  }

  /** What a container with a content counts in which rows. */
  of({ container, classes, counts }: Pattern): Map<number, number> {
    const counted = new Map(this.#ofContainer[container]!);
    classes.forEach((c, k) => {
      for (const r of this.ofPod(container, c)) counted.set(r, (counted.get(r) ?? 0) + counts[k]!);
    });
    return counted;
  }
}
