import type { Plan } from '@restow/model';
import type { Found, PlanRequest } from './make-plan.ts';
import { objectiveOfState } from './order/choose.ts';
import { statedPlan } from './plan/stated-plan.ts';
import { bestWithin, planOf } from './plan-within.ts';

/** A draft takes as long to make as an answer: too long where there are more pods. */
const MOST_PODS = 20_000;
/** While the search goes on, one more is made where it is cheaper than the last by this part. */
export const WORTH_A_DRAFT = 0.005;

/** Whether a search for this request gives drafts. */
export function isDrafted({ snapshot, policy }: PlanRequest): boolean {
  // What is found while instance types are chosen may launch too many of them.
  return snapshot.pods.length <= MOST_PODS && policy.launch.mostInstanceTypes === null;
}

/** The draft of a search that has found nothing yet: everything stays as it is. */
export function nothingFound({ snapshot, book, policy, effort }: PlanRequest, createdAt: Date): Plan {
  const nothing = { moves: [], launched: [], removed: new Set<string>(), steps: [] };
  return statedPlan({ snapshot, book, policy, ...nothing, effort, status: 'cancelled', createdAt });
}

/** Hears what has been found; `worth`: how much cheaper it must be than the last draft, as a part of that. */
export type Drafted = (found: Found, worth: number) => void;

/**
 * Gives out the plan that a search would give were it cancelled with what it has found so far, so that who cancels need
 * not wait until that is checked and written. Each is cheaper than the one before.
 */
export function draftsFor(give: (plan: Plan) => void): Drafted {
  let last = Number.POSITIVE_INFINITY;
  return (found, worth) => {
    const { asked, problem, states, context } = found;
    if (context.stop() !== null) return;
    const { maxMoves } = asked.policy;
    const within = states.filter(({ moves }) => moves <= (maxMoves ?? moves));
    const cheapest = Math.min(...within.map((state) => objectiveOfState(problem, state)));
    if (cheapest >= last * (1 - worth)) return;
    last = cheapest;
    const quiet = { ...context, onProgress: () => {} };
    give(planOf({ ...found, context: quiet, status: 'cancelled' }, bestWithin(found, maxMoves), maxMoves));
  };
}
