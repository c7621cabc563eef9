import type { Plan } from '@restow/model';
import { type PlanContext, type PlanRequest, type Searched, searchPlans } from './make-plan.ts';
import { objectiveOfState } from './order/choose.ts';
import { planWithin } from './plan-within.ts';

/** Parts of all that can be saved, for each of which the plan with the fewest moves is looked for. */
const SHARES = [0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98];

/**
 * A few plans to choose from, from "only what is empty goes" to the cheapest that was found: each moves more than the one
 * before it, and costs less. Each is the plan that its own number of moves as `maxMoves` gives.
 */
export function makeFrontier(asked: PlanRequest, context: PlanContext): Plan[] {
  const found = searchPlans(asked, context, true);
  const plans: Plan[] = [];
  for (const limit of limitsOf(found)) {
    const plan = planWithin(found, limit);
    const last = plans.at(-1)?.summary;
    if (last === undefined || plan.summary.microsPerHour.after < last.microsPerHour.after) plans.push(plan);
  }
  return plans;
}

function limitsOf({ asked, problem, states, best }: Searched): number[] {
  const most = Math.min(asked.policy.maxMoves ?? Number.POSITIVE_INFINITY, best.numberOfMoves);
  const start = states[0]!.microsPerHour;
  const saved = start - best.microsPerHour;
  const reached = SHARES.flatMap((share) => {
    const enough = states.filter((state) => start - state.microsPerHour >= share * saved);
    const worth = enough.filter((state) => objectiveOfState(problem, state) < start).map(({ moves }) => moves);
    return worth.length === 0 ? [] : [Math.min(...worth)];
  });
  return [...new Set([0, ...reached.filter((moves) => moves < most), most])].sort((one, other) => one - other);
}
