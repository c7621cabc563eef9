import type { Relaxation } from '../bound/relax.ts';
import { SCALE } from '../bound/scale.ts';
import { type LpEngines, solveOrNull } from '../lp/engines.ts';
import type { Guide } from './guide.ts';
import type { Packing } from './packing.ts';
import type { Random } from './random.ts';
import { openForPending, pendingOf, placeInSlots } from './rebuild.ts';

/** Share of the fractional columns that one dive fixes. */
const DIVE_SHARE = 0.15;

/**
 * Packs everything that may move afresh: nodes that stay are filled first, then the patterns that the relaxation uses,
 * rounded down, then a dive (fix some of the largest fractions, solve again), then greedily. Leaves the packing
 * untouched and returns false when something found no place.
 */
export function packAfresh(
  packing: Packing,
  relaxation: Relaxation,
  guide: Guide,
  engines: LpEngines,
  random: Random,
  noise: number,
  stop: () => boolean,
): boolean {
  const { problem } = packing;
  const left = new Map<number, number>();
  for (let slot = 0; slot < problem.nodes.length; slot++) {
    if (!packing.isOpen(slot) || !packing.isRemovable(slot)) continue;
    packing.classes(slot).forEach((c, k) => {
      left.set(c, (left.get(c) ?? 0) + packing.counts(slot)[k]!);
    });
    packing.clear(slot);
    packing.close(slot);
  }
  const staying = problem.nodes.filter(({ index }) => packing.isOpen(index)).map(({ index }) => index);
  const pending = pendingOf(left, guide.worth);
  placeInSlots(
    packing,
    pending,
    () => staying,
    () => false,
  );
  const demand = new Float64Array(problem.classes.length);
  pending.classes.forEach((c, k) => {
    demand[c] = pending.counts[k]!;
  });
  for (const { kind, classes, counts, times } of diveForPatterns(
    packing,
    relaxation,
    demand,
    () => 1 + noise * random.next(),
    engines,
    stop,
  )) {
    for (let n = 0; n < times; n++) {
      if (!problem.kinds[kind]!.usable || !packing.mayOpenKind(problem.kinds[kind]!)) break;
      const slot = packing.launch(problem.kinds[kind]!);
      let added = 0;
      classes.forEach((c, k) => {
        const wanted = Math.min(counts[k]!, demand[c]!);
        const placed = packing.tryAdd(slot, c, wanted);
        demand[c]! -= placed;
        added += placed;
      });
      if (added === 0) packing.close(slot);
    }
  }
  const rest = pendingOf(
    [...demand].flatMap((count, c) => (count > 0 ? [[c, count] as const] : [])),
    guide.worth,
  );
  const closed = problem.nodes.filter(({ index }) => !packing.isOpen(index)).map(({ index }) => index);
  const done = openForPending(packing, rest, guide, guide.kinds.length > 0 ? [] : closed, 0, random, 0);
  if (done !== null && packing.coupling.isSound()) {
    packing.commit();
    return true;
  }
  packing.rollback();
  return false;
}

interface FixedPattern {
  readonly kind: number;
  readonly classes: readonly number[];
  readonly counts: readonly number[];
  readonly times: number;
}

/** Whole numbers of patterns for the demand, by rounding down and diving. Covers what it can; the rest is left. */
function diveForPatterns(
  packing: Packing,
  relaxation: Relaxation,
  wholeDemand: Float64Array,
  varied: () => number,
  engines: LpEngines,
  stop: () => boolean,
): FixedPattern[] {
  const { problem } = packing;
  const { containers } = relaxation;
  const patterns = relaxation.patterns.filter(({ container }) => containers[container]!.kind !== null);
  if (patterns.length === 0) return [];
  const demand = Float64Array.from(wholeDemand);
  const fixed: FixedPattern[] = [];
  const rowOf = new Map<number, number>();
  const covered = new Set(patterns.flatMap(({ classes }) => classes));
  demand.forEach((count, c) => {
    if (count > 0 && covered.has(c)) rowOf.set(c, rowOf.size);
  });
  const usable = patterns.map((pattern) => ({
    ...pattern,
    kind: containers[pattern.container]!.kind!,
    rows: pattern.classes.flatMap((c, k) => (rowOf.has(c) ? [[rowOf.get(c)!, pattern.counts[k]!] as const] : [])),
  }));
  const rhs = () => [...rowOf.keys()].map((c) => demand[c]!);
  const master = engines.master(
    rhs().map((value) => ({ sense: '>=' as const, rhs: value })),
    usable.map(({ kind, rows }) => ({
      cost: problem.kinds[kind]!.microsPerHour * varied() * SCALE,
      rows: rows.map(([row]) => row),
      values: rows.map(([, value]) => value),
    })),
  );
  try {
    for (let round = 0; round < 60 && !stop(); round++) {
      if (!demand.some((count) => count > 0)) break;
      const optimum = solveOrNull(master);
      if (optimum === null) break;
      const { primal } = optimum;
      const order = [...primal.keys()]
        .filter((j) => primal[j]! > 1e-6)
        .sort((a, b) => fraction(primal[b]!) - fraction(primal[a]!) || a - b);
      let fixedSome = false;
      const fix = (j: number, times: number) => {
        const { kind, classes, counts } = usable[j]!;
        let possible = times;
        classes.forEach((c, k) => {
          possible = Math.min(possible, Math.floor(demand[c]! / counts[k]!));
        });
        if (possible <= 0) return false;
        classes.forEach((c, k) => {
          demand[c]! -= possible * counts[k]!;
        });
        fixed.push({ kind, classes, counts, times: possible });
        fixedSome = true;
        return true;
      };
      for (const j of order) if (primal[j]! >= 1) fix(j, Math.floor(primal[j]! + 1e-6));
      let toRound = Math.max(1, Math.ceil(order.length * DIVE_SHARE));
      for (const j of order) {
        if (toRound === 0) break;
        if (primal[j]! % 1 > 0.3 && fix(j, 1)) toRound--;
      }
      if (!fixedSome) break;
      master.setRightHandSides(rhs());
    }
  } finally {
    master.close();
  }
  return fixed;
}

function fraction(value: number): number {
  return value - Math.floor(value + 1e-6);
}
