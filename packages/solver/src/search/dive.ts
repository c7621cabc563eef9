import type { Pattern } from '../bound/patterns.ts';
import type { Relaxation } from '../bound/relax.ts';
import { SCALE } from '../bound/scale.ts';
import { type LpEngines, solveOrNull } from '../lp/engines.ts';
import type { Problem } from '../problem/problem.ts';

/** Share of the fractional columns that one dive fixes. */
const DIVE_SHARE = 0.15;
const ROUNDS = 60;
/** A pattern of which some is over is used when the rest of it is worth this part of its price. */
const CLIPPED_WORTH = 0.9;

interface LaunchPattern extends Pick<Pattern, 'classes' | 'counts'> {
  readonly kind: number;
}

/** A pattern and how many of it are used. */
export interface FixedPattern extends LaunchPattern {
  readonly times: number;
}

export interface DiveOptions {
  /** By class: what a pod is worth, micros per hour. */
  readonly worth: ArrayLike<number>;
  /** Factor on the price of the next pattern, so that another dive is another one. */
  readonly varied: () => number;
  readonly engines: LpEngines;
  readonly stop: () => boolean;
}

/**
 * Whole numbers of patterns for the demand, by rounding down and diving: fix what is whole and some of the largest
 * fractions, solve again. Covers what it can; the rest is left. Patterns that have no class in common with others are
 * solved by themselves, which is the same and faster.
 */
export function dive(
  { kinds }: Problem,
  { containers, patterns }: Relaxation,
  demand: Float64Array,
  options: DiveOptions,
): FixedPattern[] {
  const launched = patterns.flatMap(({ container, classes, counts }) => {
    const { kind } = containers[container]!;
    return kind === null ? [] : [{ kind, classes, counts }];
  });
  const price = ({ kind }: LaunchPattern) => kinds[kind]!.microsPerHour;
  return apart(launched, demand.length).flatMap((together) =>
    diveAmong(together, price, Float64Array.from(demand), options),
  );
}

/** Groups of patterns that have no class in common. Union-find (Tarjan 1975). */
function apart(patterns: readonly LaunchPattern[], classes: number): LaunchPattern[][] {
  const parent = Int32Array.from({ length: classes }, (_, c) => c);
  const rootOf = (c: number): number => {
    let root = c;
    while (parent[root] !== root) root = parent[root]!;
    for (let at = c; at !== root; ) [at, parent[at]] = [parent[at]!, root];
    return root;
  };
  for (const { classes: own } of patterns) for (const c of own) parent[rootOf(c)] = rootOf(own[0]!);
  return [...Map.groupBy(patterns, ({ classes: own }) => rootOf(own[0]!)).values()];
}

function diveAmong(
  patterns: readonly LaunchPattern[],
  price: (pattern: LaunchPattern) => number,
  demand: Float64Array,
  { worth, varied, engines, stop }: DiveOptions,
): FixedPattern[] {
  const fixed: FixedPattern[] = [];
  const rowOf = new Map<number, number>();
  for (const { classes } of patterns)
    for (const c of classes) if (demand[c]! > 0 && !rowOf.has(c)) rowOf.set(c, rowOf.size);
  const rhs = () => [...rowOf.keys()].map((c) => demand[c]!);
  const master = engines.master(
    rhs().map((value) => ({ sense: '>=' as const, rhs: value })),
    patterns.map((pattern) => {
      const rows = pattern.classes.flatMap((c, k) =>
        rowOf.has(c) ? [[rowOf.get(c)!, pattern.counts[k]!] as const] : [],
      );
      return {
        cost: price(pattern) * varied() * SCALE,
        rows: rows.map(([row]) => row),
        values: rows.map(([, value]) => value),
      };
    }),
  );
  const fix = (j: number, times: number, counts = patterns[j]!.counts) => {
    const { kind, classes } = patterns[j]!;
    let possible = times;
    classes.forEach((c, k) => {
      if (counts[k]! > 0) possible = Math.min(possible, Math.floor(demand[c]! / counts[k]!));
    });
    if (possible <= 0) return false;
    classes.forEach((c, k) => {
      demand[c]! -= possible * counts[k]!;
    });
    fixed.push({ kind, classes, counts, times: possible });
    return true;
  };
  try {
    for (let round = 0; round < ROUNDS && !stop() && rhs().some((count) => count > 0); round++) {
      const optimum = solveOrNull(master);
      if (optimum === null) break;
      const { primal } = optimum;
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
        const { classes, counts } = patterns[j]!;
        const clipped = counts.map((count, k) => Math.min(count, demand[classes[k]!]!));
        const left = clipped.reduce((sum, count, k) => sum + count * worth[classes[k]!]!, 0);
        if (left >= CLIPPED_WORTH * price(patterns[j]!) && fix(j, 1, clipped)) toRound--;
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
