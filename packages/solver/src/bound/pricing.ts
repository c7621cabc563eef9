import type { Covering } from './covering.ts';
import type { Knapsack, KnapsackAnswer } from './knapsack.ts';
import { type Prices, takenOf, worthByContainer } from './rows.ts';

/** From one budget to the next. */
const STEP = 8;

/** The best content of every container at these prices, by class and by row. */
export function priceAt(
  { knapsacks, containers, rows }: Pick<Covering, 'knapsacks' | 'containers' | 'rows'>,
  prices: Prices,
  budget: number,
  most: number,
  stop: () => boolean = () => false,
): KnapsackAnswer[] {
  const taken = takenOf(rows, prices, containers.length);
  return priceContainers(knapsacks, worthByContainer(rows, prices), budget, most, stop, taken);
}

/**
 * The best content of every container at these prices by class. All are searched with `budget`; those on which the bound
 * still hangs, because what they may be worth is more than their price and more than is known to be had elsewhere, are
 * searched on, up to `most`, for more than that. `taken`: what one costs besides its price.
 */
export function priceContainers(
  knapsacks: readonly Knapsack[],
  worthIn: (knapsack: number) => ArrayLike<number>,
  budget: number,
  most: number,
  stop: () => boolean,
  taken: ArrayLike<number> = [],
): KnapsackAnswer[] {
  const known = new Map<unknown, Map<unknown, KnapsackAnswer>>();
  const answers = knapsacks.map((knapsack, k) => {
    // Kinds that differ in nothing but where they are share what they can hold, and the worth of it where rules take nothing.
    const { most: room } = knapsack.container;
    const worth = worthIn(k);
    const answer = known.get(room)?.get(worth) ?? knapsack.solve(worth, budget);
    if (!known.has(room)) known.set(room, new Map());
    known.get(room)!.set(worth, answer);
    return answer;
  });
  for (let spent = budget; spent < most; ) {
    const more = Math.min(STEP * spent, most);
    spent = more;
    let best = 1;
    answers.forEach(({ value }, k) => {
      const { count, microsPerHour } = knapsacks[k]!.container;
      if (!Number.isFinite(count) && microsPerHour > 0)
        best = Math.max(best, (value - (taken[k] ?? 0)) / microsPerHour);
    });
    let open = false;
    answers.forEach(({ value, upper, visited }, k) => {
      const { count, microsPerHour } = knapsacks[k]!.container;
      const least = Math.max(0, (Number.isFinite(count) ? 1 : best) * microsPerHour + (taken[k] ?? 0));
      if (stop() || upper <= least || upper <= value * (1 + 1e-9)) return;
      open = true;
      const answer = knapsacks[k]!.solve(worthIn(k), more, least);
      answers[k] = { ...answer, visited: visited + answer.visited };
    });
    if (!open) break;
  }
  return answers;
}
