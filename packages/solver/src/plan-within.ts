import { type Plan, RestowError } from '@restow/model';
import { attachLimitsOf } from '@restow/scheduling';
import { boundWithin } from './bound/moving-relaxation.ts';
import { checkPlan } from './check/check-plan.ts';
import { daemonPodOf } from './end-state.ts';
import type { Found, PlanRequest, Searched } from './make-plan.ts';
import { objectiveOf } from './moving/moving-costs.ts';
import { chooseAndRealise, isWorthwhile } from './order/choose.ts';
import { type Realisation, realise } from './order/realise.ts';
import { assemblePlan, namesOf } from './plan/assemble.ts';
import { withoutRooms } from './plan/without-rooms.ts';
import { numberOfPods } from './problem/classes.ts';
import type { Problem } from './problem/problem.ts';
import { withoutWaitingRooms } from './problem/waiting-rooms.ts';
import { costOf, type PackingState } from './search/packing-state.ts';

/** The solver's own plan did not pass its checker: a bug, and nothing is given out. */
export class PlanRefusedError extends RestowError {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      'RESTOW_PLAN_REFUSED',
      `the plan did not pass its own check and is not given out (${problems.length} problems, first: ${problems[0]}); please report it with the snapshot, anonymised`,
    );
    this.problems = problems;
  }
}

/** The objective's parts are rounded one by one. */
const ROUNDED_PARTS = 3;
/** Nothing is looked for that is cheaper by less, micros an hour. */
const LEAST_DIFFERENCE = 1;

/** The best of what was found with at most so many moves; null: with any number. */
export function planWithin(found: Searched, maxMoves: number | null): Plan {
  return planOf(found, maxMoves === null ? found.best : bestWithin(found, maxMoves), maxMoves);
}

/** The plan of what was chosen under that limit, checked. */
export function planOf(found: Found, best: Realisation, maxMoves: number | null): Plan {
  const { asked, digests, request, context, started, problem, prices, coverage, relaxation, movingBounds, status } =
    found;
  const { snapshot, effort, seed } = request;
  context.onProgress('checking');
  const problems = check({ ...request, policy: asked.policy }, problem, best);
  const objective = objectiveOf(problem, best);
  if (relaxation.bound > best.microsPerHour)
    problems.push(`the bound ${relaxation.bound} is above the cost ${best.microsPerHour}`);
  const withMoves = boundWithin(movingBounds, maxMoves ?? numberOfPods(problem));
  const objectiveBound = Math.max(relaxation.bound, Math.floor(withMoves) - ROUNDED_PARTS);
  if (objectiveBound > objective) problems.push(`the bound ${objectiveBound} is above the objective ${objective}`);
  if (problems.length > 0) throw new PlanRefusedError(problems);
  context.onProgress('writing the plan');
  const names = namesOf(problem, best, new Set(snapshot.nodes.map(({ name }) => name)));
  const real = withoutRooms(problem, best, (slot) => names.get(slot)!);
  const withoutWaiting = (bound: number) => Math.max(0, bound - real.waitingMicrosPerHour);
  return assemblePlan({
    asked,
    digests,
    snapshot: withoutWaitingRooms(snapshot),
    problem: { ...real.problem, policy: { ...asked.policy, maxMoves } },
    prices,
    coverage,
    bound: withoutWaiting(relaxation.bound),
    objectiveBound: withoutWaiting(objectiveBound),
    isProven: best.microsPerHour <= relaxation.bound || withMoves >= objective - LEAST_DIFFERENCE,
    duals: relaxation.duals,
    realisation: real.realisation,
    pending: real.pending,
    status,
    seed,
    effort,
    engine: context.engines.name,
    createdAt: new Date(started).toISOString(),
    solveMs: Math.round(context.now() - started),
  });
}

/** The best of what was found, and of what less effort has found, with at most so many moves; null: with any number. */
export function bestWithin(
  { problem, states, before }: Pick<Found, 'problem' | 'states' | 'before'>,
  maxMoves: number | null,
): Realisation {
  const own = chooseWorthwhile(problem, states, maxMoves);
  if (before === null) return own;
  const earlier = maxMoves === null ? before.best : bestWithin(before, maxMoves);
  return objectiveOf(problem, earlier) <= objectiveOf(problem, own) ? earlier : own;
}

/** The best of some states that is worth making; without one, nothing moves. */
export function chooseWorthwhile(
  problem: Problem,
  states: readonly PackingState[],
  maxMoves: number | null,
): Realisation {
  const chosen = chooseAndRealise(problem, states, maxMoves);
  return isWorthwhile(problem, costOf(states[0]!), chosen) ? chosen : realise(problem, states[0]!);
}

function check(request: PlanRequest, problem: Problem, realisation: Realisation): string[] {
  const { snapshot, policy } = request;
  const names = namesOf(problem, realisation, new Set(snapshot.nodes.map(({ name }) => name)));
  const limits = attachLimitsOf(snapshot);
  const nameOf = (slot: number) => names.get(slot)!;
  return checkPlan({
    snapshot,
    policy,
    launched: realisation.launched.map(({ slot, kind, spare }) => ({
      view: kind.view(nameOf(slot)),
      arch: kind.offering.arch,
      os: kind.offering.os,
      capacityType: kind.offering.capacityType,
      group: spare ? null : kind.template.group,
      daemons: kind.daemons.map((_, index) => daemonPodOf(kind, index, nameOf(slot))),
    })),
    moves: realisation.moves.map(({ pod, from, to }) => ({ pod, from: nameOf(from), to: nameOf(to) })),
    removed: realisation.removed.map(nameOf),
    limitAttach: (node) => limits.byNode.get(node) ?? {},
  });
}
