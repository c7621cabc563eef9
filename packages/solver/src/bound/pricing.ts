import type { Knapsack, KnapsackAnswer } from './knapsack.ts';

/** From one budget to the next. */
const STEP = 8;

/**
 * The best content of every container at these prices by class. All are searched with `budget`; those on which the bound
 * still hangs, because what they may be worth is more than their price and more than is known to be had elsewhere, are
 * searched on, up to `most`, for more than that.
 */
export function priceContainers(
  knapsacks: readonly Knapsack[],
  worth: ArrayLike<number> | ((knapsack: number) => ArrayLike<number>),
  budget: number,
  most: number,
  stop: () => boolean = () => false,
): KnapsackAnswer[] {
  const worthIn = (k: number) => (typeof worth === 'function' ? worth(k) : worth);
  const answers = knapsacks.map((knapsack, k) => knapsack.solve(worthIn(k), budget));
  for (let spent = budget; spent < most; ) {
    const more = Math.min(STEP * spent, most);
    spent = more;
    let known = 1;
    answers.forEach(({ value }, k) => {
      const { count, microsPerHour } = knapsacks[k]!.container;
      if (!Number.isFinite(count) && microsPerHour > 0) known = Math.max(known, value / microsPerHour);
    });
    let open = false;
    answers.forEach(({ value, upper, visited }, k) => {
      const { count, microsPerHour } = knapsacks[k]!.container;
      const least = (Number.isFinite(count) ? 1 : known) * microsPerHour;
      if (stop() || upper <= least || upper <= value * (1 + 1e-9)) return;
      open = true;
      const answer = knapsacks[k]!.solve(worthIn(k), more, least);
      answers[k] = { ...answer, visited: visited + answer.visited };
    });
    if (!open) break;
  }
  return answers;
}
