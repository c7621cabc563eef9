import type { Effort, Policy, PriceBook } from '@restow/model';
import type { ScenarioPlanner } from '@restow/simulator';
import { amendRequest, type LpEngines, makePlan } from '@restow/solver';

/** Plans in this thread, without a time limit, so that the same cluster gives the same plan. */
export function plannerWith(
  engines: LpEngines,
  request: { readonly book: PriceBook; readonly policy: Policy; readonly effort: Effort; readonly seed: number },
): ScenarioPlanner {
  const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
  return {
    first: (snapshot) => makePlan({ ...request, snapshot }, context),
    rest: {
      plan: async (snapshot, amendments) => makePlan(amendRequest({ ...request, snapshot }, amendments), context),
    },
  };
}
