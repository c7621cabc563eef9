import type { Bounded } from './bounded.ts';
import type { Container } from './containers.ts';
import type { KnapsackAnswer } from './knapsack.ts';

/** Allowance for floating point in a sum over classes and containers; the bound is rounded down by it. */
const ROUNDING = 1e-9;

/**
 * A lower bound on the price of the nodes of any valid placement, from any prices by class `duals` ≥ 0 and a proven upper
 * bound on what one of each container can hold at those prices. Where kinds can be launched without limit, the duals are
 * scaled so that no kind is worth more than it costs (Farley 1990); limited containers enter by what they are worth above
 * their price, at the scale that bounds best (Lagrangian relaxation of the cover rows; Lübbecke and Desrosiers 2005, section 2.2).
 */
export function lagrangianBound(
  problem: Bounded,
  containers: readonly Container[],
  duals: ArrayLike<number>,
  answers: readonly KnapsackAnswer[],
): number {
  let total = 0;
  for (const { index, pods } of problem.classes) total += duals[index]! * pods.length;
  let worthPerPrice = 0;
  containers.forEach(({ count, microsPerHour }, k) => {
    if (Number.isFinite(count) || answers[k]!.upper === 0) return;
    worthPerPrice = Math.max(
      worthPerPrice,
      microsPerHour === 0 ? Number.POSITIVE_INFINITY : answers[k]!.upper / microsPerHour,
    );
  });
  if (worthPerPrice === Number.POSITIVE_INFINITY) return fixedPrice(problem);
  const most = worthPerPrice > 0 ? 1 / worthPerPrice : 1;
  // In the scale the bound is concave with a corner wherever a limited container begins to be worth more than its price.
  const corners = containers.flatMap(({ count, microsPerHour }, k) => {
    const { upper } = answers[k]!;
    return Number.isFinite(count) && upper > 0 && microsPerHour < upper * most ? [microsPerHour / upper] : [];
  });
  let best = 0;
  for (const scale of [most, ...corners]) {
    let bound = total * scale;
    containers.forEach(({ count, microsPerHour }, k) => {
      if (Number.isFinite(count)) bound -= count * Math.max(0, answers[k]!.upper * scale - microsPerHour);
    });
    best = Math.max(best, bound - ROUNDING * Math.abs(total * scale));
  }
  return fixedPrice(problem) + best;
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
