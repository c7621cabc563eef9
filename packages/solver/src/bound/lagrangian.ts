import type { Bounded } from './bounded.ts';
import type { Covering } from './covering.ts';
import { type KnapsackAnswer, uppersOf } from './knapsack.ts';
import { type Prices, takenOf } from './rows.ts';

/** Allowance for floating point in a sum over classes and containers; the bound is rounded down by it. */
const ROUNDING = 1e-9;

/**
 * A lower bound on the price of the nodes of any valid placement, from any prices ≥ 0 by class and by row, and a proven
 * upper bound on what one of each container can hold at those prices. Where kinds can be launched without limit, the prices are
 * scaled so that no kind is worth more than it costs (Farley 1990); limited containers enter by what they are worth above
 * their price, at the scale that bounds best (Lagrangian relaxation of all rows but those of single containers; Lübbecke
 * and Desrosiers 2005, section 2.2).
 */
export function lagrangianBound(
  covering: Pick<Covering, 'problem' | 'containers' | 'rows'>,
  prices: Prices,
  answers: readonly KnapsackAnswer[],
): number {
  const { problem, containers } = covering;
  const { worth: total, size } = worthOfAll(covering, prices);
  const uppers = uppersAt(covering, prices, answers);
  let worthPerPrice = 0;
  containers.forEach(({ count, microsPerHour }, k) => {
    if (Number.isFinite(count) || uppers[k]! <= 0) return;
    worthPerPrice = Math.max(
      worthPerPrice,
      microsPerHour === 0 ? Number.POSITIVE_INFINITY : uppers[k]! / microsPerHour,
    );
  });
  if (worthPerPrice === Number.POSITIVE_INFINITY) return fixedPrice(problem);
  const most = worthPerPrice > 0 ? 1 / worthPerPrice : 1;
  // In the scale the bound is concave with a corner wherever a limited container begins to be worth more than its price.
  const corners = containers.flatMap(({ count, microsPerHour }, k) => {
    const upper = uppers[k]!;
    return Number.isFinite(count) && upper > 0 && microsPerHour < upper * most ? [microsPerHour / upper] : [];
  });
  let best = 0;
  for (const scale of [most, ...corners]) {
    let bound = total * scale;
    containers.forEach(({ count, microsPerHour }, k) => {
      if (Number.isFinite(count)) bound -= count * Math.max(0, uppers[k]! * scale - microsPerHour);
    });
    best = Math.max(best, bound - ROUNDING * size * scale);
  }
  return fixedPrice(problem) + best;
}

/** What all pods are worth at these prices, less what the rows take at most; `size`: signs aside, of which floating point is off by a part. */
export function worthOfAll(
  { problem, rows }: Pick<Covering, 'problem' | 'rows'>,
  { duals, rowDuals }: Prices,
): { readonly worth: number; readonly size: number } {
  let worth = 0;
  for (const { index, pods } of problem.classes) worth += duals[index]! * pods.length;
  let size = worth;
  rows.forEach(({ most }, r) => {
    worth -= rowDuals[r]! * most;
    size += rowDuals[r]! * Math.abs(most);
  });
  return { worth, size };
}

/** By container: what no content is worth more than, less what rows take of the container itself. */
export function uppersAt(
  { rows, containers }: Pick<Covering, 'containers' | 'rows'>,
  prices: Prices,
  answers: readonly KnapsackAnswer[],
): Float64Array {
  const taken = takenOf(rows, prices, containers.length);
  return uppersOf(answers).map((upper, k) => upper - taken[k]!);
}

/** Price of what stays whatever is done. */
export function fixedPrice(problem: Bounded): number {
  let price = problem.frozenMicrosPerHour;
  for (const { removable, microsPerHour } of problem.nodes) if (!removable) price += microsPerHour;
  return price;
}

/**
 * The least total that is not below `bound` and that whole numbers of nodes can add up to: prices are whole micros, so any
 * valid total is what stays plus a multiple of the prices' greatest common divisor.
 */
export function roundToPrices(problem: Bounded, bound: number): number {
  const fixed = fixedPrice(problem);
  const divisor = priceDivisor(problem);
  if (divisor === 0) return fixed;
  return fixed + Math.max(0, Math.ceil((bound - fixed) / divisor)) * divisor;
}

/** The greatest common divisor of the prices of all nodes that there need not be; 0 where all are free. */
export function priceDivisor(problem: Bounded): number {
  let divisor = 0;
  for (const { microsPerHour } of problem.kinds) divisor = greatestCommonDivisor(divisor, microsPerHour);
  for (const { removable, microsPerHour } of problem.nodes)
    if (removable) divisor = greatestCommonDivisor(divisor, microsPerHour);
  return divisor;
}

function greatestCommonDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
