import type { Pattern } from '../bound/patterns.ts';
import type { Relaxation } from '../bound/relax.ts';
import { RowIndex, worthByContainer } from '../bound/rows.ts';
import { SCALE } from '../bound/scale.ts';
import { type LpEngines, solveOrNull } from '../lp/engines.ts';
import type { Problem } from '../problem/problem.ts';

/** Share of the fractional columns that one dive fixes. */
const DIVE_SHARE = 0.15;
const ROUNDS = 60;
/** A pattern of which some is over is used when the rest of it is worth this part of its price. */
const CLIPPED_WORTH = 0.9;

interface LaunchPattern extends Pattern {
  readonly kind: number;
  readonly price: number;
  /** What pods are worth there, by class, micros per hour. */
  readonly worth: Float64Array;
  /** What one of it counts in rows between nodes. */
  readonly counted: ReadonlyMap<number, number>;
}

/** A pattern and how many of it are used. */
export interface FixedPattern extends Pick<LaunchPattern, 'kind' | 'classes' | 'counts'> {
  readonly times: number;
}

export interface DiveOptions {
  /** Factor on the price of the next pattern, so that another dive is another one. */
  readonly varied: () => number;
  readonly engines: LpEngines;
  readonly stop: () => boolean;
}

/**
 * Whole numbers of patterns for the demand, by rounding down and diving: fix what is whole and some of the largest
 * fractions, solve again. Covers what it can, as rules between nodes let it; the rest is left. Patterns that have no class
 * and no rule in common with others are solved by themselves, which is the same and faster.
 */
export function dive(
  { kinds }: Problem,
  { containers, patterns, rows, duals, rowDuals }: Relaxation,
  demand: Float64Array,
  options: DiveOptions,
): FixedPattern[] {
  const index = new RowIndex(rows, containers.length);
  const worthIn = worthByContainer(rows, { duals, rowDuals });
  const launched = patterns.flatMap((pattern): LaunchPattern[] => {
    const { kind } = containers[pattern.container]!;
    // That so many nodes there must be is no matter of what else is launched.
    const counted = new Map([...index.of(pattern)].filter(([, value]) => value > 0));
    return kind === null
      ? []
      : [{ ...pattern, kind, price: kinds[kind]!.microsPerHour, counted, worth: worthIn(pattern.container) }];
  });
  return apart(launched, demand.length, rows.length).flatMap((together) =>
    diveAmong(
      together,
      Float64Array.from(demand),
      Float64Array.from(rows, ({ most }) => most),
      options,
    ),
  );
}

/** Groups of patterns that have no class and no row in common. Union-find (Tarjan 1975). */
function apart(patterns: readonly LaunchPattern[], classes: number, rows: number): LaunchPattern[][] {
  const parent = Int32Array.from({ length: classes + rows }, (_, c) => c);
  const rootOf = (c: number): number => {
    let root = c;
    while (parent[root] !== root) root = parent[root]!;
    for (let at = c; at !== root; ) [at, parent[at]] = [parent[at]!, root];
    return root;
  };
  for (const { classes: own, counted } of patterns) {
    for (const c of own) parent[rootOf(c)] = rootOf(own[0]!);
    for (const r of counted.keys()) parent[rootOf(classes + r)] = rootOf(own[0]!);
  }
  return [...Map.groupBy(patterns, ({ classes: own }) => rootOf(own[0]!)).values()];
}

function diveAmong(
  patterns: readonly LaunchPattern[],
  demand: Float64Array,
  left: Float64Array,
  { varied, engines, stop }: DiveOptions,
): FixedPattern[] {
  const fixed: FixedPattern[] = [];
  const rowOf = new Map<number, number>();
  for (const { classes } of patterns)
    for (const c of classes) if (demand[c]! > 0 && !rowOf.has(c)) rowOf.set(c, rowOf.size);
  const limiting = [...new Set(patterns.flatMap(({ counted }) => [...counted.keys()]))];
  const limitRow = new Map(limiting.map((r, position) => [r, rowOf.size + position]));
  const rhs = () => [...[...rowOf.keys()].map((c) => demand[c]!), ...limiting.map((r) => Math.max(0, left[r]!))];
  const isLeft = () => [...rowOf.keys()].some((c) => demand[c]! > 0);
  const dearest = patterns.reduce((most, { price }) => Math.max(most, price), 0);
  // What rules leave no place for is left.
  const missing =
    limiting.length === 0
      ? []
      : [...rowOf.values()].map((row) => ({ cost: dearest * SCALE, rows: [row], values: [1] }));
  const master = engines.master(
    rhs().map((value, row) => ({ sense: row < rowOf.size ? ('>=' as const) : ('<=' as const), rhs: value })),
    [
      ...patterns.map(({ classes, counts, counted, price }) => {
        const rows = classes.flatMap((c, k) => (rowOf.has(c) ? [[rowOf.get(c)!, counts[k]!] as const] : []));
        for (const [r, value] of counted) rows.push([limitRow.get(r)!, value]);
        return {
          cost: price * varied() * SCALE,
          rows: rows.map(([row]) => row),
          values: rows.map(([, value]) => value),
        };
      }),
      ...missing,
    ],
  );
  const fix = (j: number, times: number, counts = patterns[j]!.counts) => {
    const { kind, classes, counted } = patterns[j]!;
    let possible = times;
    classes.forEach((c, k) => {
      if (counts[k]! > 0) possible = Math.min(possible, Math.floor(demand[c]! / counts[k]!));
    });
    for (const [r, value] of counted) possible = Math.min(possible, Math.floor(left[r]! / value + 1e-9));
    if (possible <= 0) return false;
    classes.forEach((c, k) => {
      demand[c]! -= possible * counts[k]!;
    });
    for (const [r, value] of counted) left[r]! -= possible * value;
    fixed.push({ kind, classes, counts, times: possible });
    return true;
  };
  try {
    for (let round = 0; round < ROUNDS && !stop() && isLeft(); round++) {
      const optimum = solveOrNull(master);
      if (optimum === null) break;
      const primal = optimum.primal.subarray(0, patterns.length);
      const before = fixed.length;
      const order = [...primal.keys()]
        .filter((j) => primal[j]! > 1e-6)
        .sort((a, b) => fraction(primal[b]!) - fraction(primal[a]!) || a - b);
      for (const j of order) if (primal[j]! >= 1) fix(j, Math.floor(primal[j]! + 1e-6));
      let toRound = Math.max(1, Math.ceil(order.length * DIVE_SHARE));
      for (const j of order) {
        if (toRound === 0) break;
        if (primal[j]! % 1 > 0.3 && fix(j, 1)) toRound--;
      }
      // Where none fits whole any more, what is left of one is still a good buy if little of it is over.
      for (const j of fixed.length > before ? [] : order) {
        if (toRound === 0) break;
        const { classes, counts, worth, price } = patterns[j]!;
        const clipped = counts.map((count, k) => Math.min(count, demand[classes[k]!]!));
        const value = clipped.reduce((sum, count, k) => sum + count * worth[classes[k]!]!, 0);
        if (value >= CLIPPED_WORTH * price && fix(j, 1, clipped)) toRound--;
      }
      if (fixed.length === before) break;
      master.setRightHandSides(rhs());
    }
  } finally {
    master.close();
  }
  return fixed;
}

/** What is over a whole number, rounding aside. */
export function fraction(value: number): number {
  return value - Math.floor(value + 1e-6);
}
