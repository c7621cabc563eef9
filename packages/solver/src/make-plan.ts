import {
  digestOf,
  type Effort,
  type Plan,
  type PlanStatus,
  type Policy,
  type PriceBook,
  RestowError,
  type Snapshot,
  snapshotDigest,
} from '@restow/model';
import { type Coverage, PriceLookup } from '@restow/pricing';
import { attachLimitsOf } from '@restow/scheduling';
import { boundedOf } from './bound/bounded.ts';
import { containersOf } from './bound/containers.ts';
import { boundWithin, type MovingBound } from './bound/moving-relaxation.ts';
import { type Relaxation, relax } from './bound/relax.ts';
import { canTighten, isWholeWeighty, type Tightened, tighten, untightened } from './bound/tighten.ts';
import { checkPlan } from './check/check-plan.ts';
import { possibleEndsOf } from './check/may-end.ts';
import { daemonPodOf, endStateOf } from './end-state.ts';
import { ANY_END, boundOfFewPods } from './few-pods/bound-of-few-pods.ts';
import { podSetsOf } from './few-pods/pod-sets.ts';
import { withFewTypes } from './few-types.ts';
import type { LpEngines } from './lp/engines.ts';
import { objectiveOf } from './moving/moving-costs.ts';
import { chooseAndRealise, isWorthwhile } from './order/choose.ts';
import { composeStates } from './order/compose.ts';
import { type Realisation, realise } from './order/realise.ts';
import { assemblePlan, namesOf } from './plan/assemble.ts';
import { buildProblem } from './problem/build-problem.ts';
import { numberOfPods } from './problem/classes.ts';
import { coverageOf, coveredPrices } from './problem/coverage.ts';
import { withHeadroom } from './problem/headroom.ts';
import { withMeasuredMemory } from './problem/measured-memory.ts';
import type { NodeKind, Problem } from './problem/problem.ts';
import { EFFORTS } from './search/effort.ts';
import { explore, exploreDesign, type Wanted, WORTH_A_FRESH_START } from './search/explore.ts';
import { designOf } from './search/fresh.ts';
import { Packing } from './search/packing.ts';
import type { PackingState } from './search/packing-state.ts';
import { movesAreFree, movingOf, proveWithMoves } from './search/prove-with-moves.ts';
import type { Tightening } from './tighten-in-worker.ts';

export interface PlanRequest {
  readonly snapshot: Snapshot;
  readonly book: PriceBook;
  readonly policy: Policy;
  readonly effort: Effort;
  readonly seed: number;
}

/** What comes from outside: engines, clock, and who says stop. */
export interface PlanContext {
  readonly engines: LpEngines;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Asked often; anything but null ends the search with the best found so far. */
  readonly stop: () => 'time-limit' | 'cancelled' | null;
  readonly onProgress: (phase: string) => void;
  /** Tightens the bound beside the search; without it that is done here, after the search. */
  readonly tightening?: Tightening;
}

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

const noCost = () => 0;

/** The objective's parts are rounded one by one. */
const ROUNDED_PARTS = 2;
/** Nothing is looked for that is cheaper by less, micros an hour. */
const LEAST_DIFFERENCE = 1;

/** Plans are repeated from their own end state at most so often; each repetition must save the policy's minimum. */
const MOST_REPETITIONS = 5;

/** What was found for a request: from it a plan is chosen for any limit on moves. */
export interface Searched {
  readonly asked: PlanRequest;
  /** Of what was asked for. */
  readonly digests: { readonly snapshot: string; readonly priceBook: string };
  readonly request: PlanRequest;
  readonly context: PlanContext;
  readonly started: number;
  readonly problem: Problem;
  readonly prices: PriceLookup;
  readonly coverage: Coverage;
  readonly relaxation: Relaxation;
  /** What is proven of plans by how much they move, moves at their price. */
  readonly movingBounds: readonly MovingBound[];
  /** The first moves nothing; each later one of the first search moves more and costs less. */
  readonly states: readonly PackingState[];
  /** The best of them and of what less effort has found, whatever it moves. */
  readonly best: Realisation;
  readonly status: PlanStatus;
  /** What less effort has found, so that more never gives a dearer plan; null: nothing was searched before. */
  readonly before: Searched | null;
}

/**
 * The cheapest placement that can be found with this effort, with a proven bound and an order of steps. Planning again
 * from its end state finds nothing worth doing, because that is what is tried before it is given out. Throws
 * PlanRefusedError when the independent checker does not agree.
 */
export function makePlan(asked: PlanRequest, context: PlanContext): Plan {
  return planWithin(searchPlans(asked, context), asked.policy.maxMoves);
}

/** Searches in the same way whatever limit on moves there is. `limits`: plans with fewer moves than the best are wanted too. */
export function searchPlans(asked: PlanRequest, context: PlanContext, limits = false): Searched {
  return withFewTypes(asked, (one) => searchTypes(one, context, limits));
}

function searchTypes(asked: PlanRequest, context: PlanContext, limits: boolean): Searched {
  const started = context.now();
  const before = asked.effort === 'thorough' ? searchTypes({ ...asked, effort: 'normal' }, context, limits) : null;
  // Nothing is cheaper, and moves cost nothing.
  if (
    before !== null &&
    !limits &&
    movesAreFree(before.problem) &&
    before.best.microsPerHour <= before.relaxation.bound
  )
    return { ...before, asked, request: { ...before.request, effort: asked.effort }, started };
  const request = withHeadroom(withMeasuredMemory(asked));
  const { snapshot, book, policy, effort, seed } = request;
  let status: PlanStatus = 'effort-reached';
  const stop = () => {
    const reason = context.stop();
    if (reason !== null) status = reason;
    return reason !== null;
  };
  const lookup = new PriceLookup(book);
  const coverage = coverageOf(snapshot, book, lookup, policy);
  const prices = coveredPrices(lookup, coverage);
  context.onProgress('reading the cluster');
  const digests = before?.digests ?? { snapshot: snapshotDigest(asked.snapshot), priceBook: digestOf(asked.book) };
  const problem = before?.problem ?? buildProblem(snapshot, book, prices, policy);
  const relaxed = (on: Problem): Relaxation => {
    context.onProgress('bounding');
    const now = on.nodes.reduce((sum, { microsPerHour }) => sum + microsPerHour, on.frozenMicrosPerHour);
    const isNear = (bound: number) => now - bound <= WORTH_A_FRESH_START * now;
    const found = relax(on, containersOf(on), context.engines, EFFORTS[effort].relaxation, isNear, stop);
    return {
      ...found,
      bound: Math.max(found.bound, boundOfFewPods(on, noCost, Number.POSITIVE_INFINITY, () => now, ANY_END, stop) ?? 0),
    };
  };
  const search = (on: Problem, relaxation: Relaxation, wanted: Omit<Wanted, 'isReachable'>): PackingState[] => {
    context.onProgress('searching');
    const isReachable = (state: PackingState) => {
      const { complete, moves } = realise(on, state);
      return complete && moves.length <= (policy.maxMoves ?? Number.POSITIVE_INFINITY);
    };
    return explore(on, relaxation, { ...wanted, isReachable }, context.engines, EFFORTS[effort], seed, stop);
  };
  const relaxation = relaxed(problem);
  const tightened = beginTightening(problem, relaxation, context, effort);
  const moving = movingOf(problem, relaxation, context.engines);
  try {
    const frontier = search(problem, relaxation, { moving, others: limits });
    const states = [...frontier];
    let best = bestWithin({ problem, states, before }, null);
    const gapTo = (bound: number) => (best.microsPerHour - bound) / best.microsPerHour;
    const wait = () => tightened(gapTo(relaxation.bound) > EFFORTS[effort].smallGap && !stop() ? stop : null);
    // Where nodes are few, how many there are of each kind is worth knowing before it is searched on.
    const early = isWholeWeighty(relaxation) ? wait() : null;
    for (const contents of early?.contents ?? []) {
      const design = designOf(relaxation.containers, contents);
      if (design === null || gapTo(early!.bound) <= 0) continue;
      states.push(...exploreDesign(problem, relaxation, design, EFFORTS[effort], seed, stop));
      best = bestWithin({ problem, states, before }, null);
    }
    let end = { snapshot, problem, realisation: best, launched: new Map<string, NodeKind>() };
    const couldSaveMore = () => gapTo(early?.bound ?? relaxation.bound) > policy.minimumSavingFraction;
    for (let repetition = 0; repetition < MOST_REPETITIONS && best.moves.length > 0 && !stop(); repetition++) {
      if (!couldSaveMore()) break;
      const next = endStateOf(end.snapshot, end.problem, end.realisation);
      const nextProblem = buildProblem(next, book, prices, policy);
      const again = chooseWorthwhile(
        nextProblem,
        search(nextProblem, relaxed(nextProblem), { moving: null, others: true }),
        null,
      );
      if (again.moves.length === 0 && again.removed.length === 0) break;
      const launched = new Map([...end.launched, ...launchedNames(end.snapshot, end.problem, end.realisation)]);
      const composed = composeStates(problem, nextProblem, again, launched);
      if (composed === null) break;
      states.push(composed);
      best = bestWithin({ problem, states, before }, null);
      end = { snapshot: next, problem: nextProblem, realisation: again, launched };
    }
    context.onProgress('proving');
    const { bound: tighter } = early ?? wait();
    const sets = podSetsOf(problem);
    const ends = sets === null ? ANY_END : possibleEndsOf(snapshot, problem, sets);
    const isProven = relaxation.bound >= best.microsPerHour;
    const most = Number.POSITIVE_INFINITY;
    const ofFewPods = isProven ? null : boundOfFewPods(problem, noCost, most, () => best.microsPerHour, ends, stop);
    const bound = Math.max(relaxation.bound, tighter, ofFewPods ?? 0, before?.relaxation.bound ?? 0);
    const found = () => objectiveOf(problem, bestWithin({ problem, states, before }, policy.maxMoves));
    const ownBounds = proveWithMoves(problem, moving, states.at(-1), found, ends, EFFORTS[effort].proof, stop);
    return {
      asked,
      digests,
      request,
      context,
      started,
      problem,
      prices: lookup,
      coverage,
      relaxation: { ...relaxation, bound },
      movingBounds: [...ownBounds, ...(before?.movingBounds ?? [])],
      states,
      best,
      status,
      before,
    };
  } finally {
    moving?.close();
  }
}

/** How to get, after the search, the bound that more work proves; null when it is not wanted any more. */
function beginTightening(
  problem: Problem,
  relaxation: Relaxation,
  { tightening, engines }: PlanContext,
  effort: Effort,
): (stop: (() => boolean) | null) => Tightened {
  const work = EFFORTS[effort].tightening;
  if (work === null || !canTighten(problem, relaxation)) return () => untightened(relaxation);
  const bounded = boundedOf(problem);
  const here = (stop: (() => boolean) | null) =>
    stop === null ? untightened(relaxation) : tighten(bounded, relaxation, engines, work, stop);
  return tightening?.(bounded, relaxation, work) ?? here;
}

/** The best of what was found with at most so many moves; null: with any number. */
export function planWithin(found: Searched, maxMoves: number | null): Plan {
  const { asked, digests, request, context, started, problem, prices, coverage, relaxation, movingBounds, status } =
    found;
  const { snapshot, effort, seed } = request;
  const best = maxMoves === null ? found.best : bestWithin(found, maxMoves);
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
  return assemblePlan({
    asked,
    digests,
    snapshot,
    problem: { ...problem, policy: { ...asked.policy, maxMoves } },
    prices,
    coverage,
    bound: relaxation.bound,
    objectiveBound,
    isProven: best.microsPerHour <= relaxation.bound || withMoves >= objective - LEAST_DIFFERENCE,
    duals: relaxation.duals,
    realisation: best,
    status,
    seed,
    effort,
    engine: context.engines.name,
    createdAt: new Date(started).toISOString(),
    solveMs: Math.round(context.now() - started),
  });
}

function bestWithin(
  { problem, states, before }: Pick<Searched, 'problem' | 'states' | 'before'>,
  maxMoves: number | null,
): Realisation {
  const own = chooseWorthwhile(problem, states, maxMoves);
  if (before === null) return own;
  const earlier = maxMoves === null ? before.best : bestWithin(before, maxMoves);
  return objectiveOf(problem, earlier) <= objectiveOf(problem, own) ? earlier : own;
}

function chooseWorthwhile(problem: Problem, states: readonly PackingState[], maxMoves: number | null): Realisation {
  const before = new Packing(problem).microsPerHour;
  const chosen = chooseAndRealise(problem, states, maxMoves);
  return isWorthwhile(problem, before, chosen) ? chosen : realise(problem, states[0]!);
}

function launchedNames(snapshot: Snapshot, problem: Problem, realisation: Realisation): [string, NodeKind][] {
  const names = namesOf(problem, realisation, new Set(snapshot.nodes.map(({ name }) => name)));
  return realisation.launched.map(({ slot, kind }) => [names.get(slot)!, kind]);
}

function check(request: PlanRequest, problem: Problem, realisation: Realisation): string[] {
  const { snapshot, policy } = request;
  const names = namesOf(problem, realisation, new Set(snapshot.nodes.map(({ name }) => name)));
  const limits = attachLimitsOf(snapshot);
  const nameOf = (slot: number) => names.get(slot)!;
  return checkPlan({
    snapshot,
    policy,
    launched: realisation.launched.map(({ slot, kind }) => ({
      view: kind.view(nameOf(slot)),
      arch: kind.offering.arch,
      os: kind.offering.os,
      capacityType: kind.offering.capacityType,
      daemons: kind.daemons.map((_, index) => daemonPodOf(kind, index, nameOf(slot))),
    })),
    moves: realisation.moves.map(({ pod, from, to }) => ({ pod, from: nameOf(from), to: nameOf(to) })),
    removed: realisation.removed.map(nameOf),
    limitAttach: (node) => limits.byNode.get(node) ?? {},
  });
}
