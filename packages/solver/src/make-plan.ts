import {
  digestOf,
  type Effort,
  type Plan,
  type PlanStatus,
  type Policy,
  type PriceBook,
  type Snapshot,
  snapshotDigest,
} from '@restow/model';
import { type Coverage, PriceLookup } from '@restow/pricing';
import { boundedOf } from './bound/bounded.ts';
import { coveringOf } from './bound/covering.ts';
import type { MovingBound } from './bound/moving-relaxation.ts';
import { type Relaxation, relax } from './bound/relax.ts';
import { canTighten, isWholeWeighty, type Tightened, tighten, untightened } from './bound/tighten.ts';
import { possibleEndsOf } from './check/may-end.ts';
import { type Drafted, draftsFor, isDrafted, WORTH_A_DRAFT } from './drafts.ts';
import { endStateOf } from './end-state.ts';
import { ANY_END, boundOfFewPods, NODES_ALONE } from './few-pods/bound-of-few-pods.ts';
import { podSetsOf } from './few-pods/pod-sets.ts';
import { withFewTypes } from './few-types.ts';
import type { LpEngines } from './lp/engines.ts';
import { objectiveOf } from './moving/moving-costs.ts';
import { composeStates } from './order/compose.ts';
import { type Realisation, realise } from './order/realise.ts';
import { namesOf } from './plan/assemble.ts';
import { bestWithin, chooseWorthwhile, planWithin } from './plan-within.ts';
import { buildProblem } from './problem/build-problem.ts';
import { coverageOf, coveredPrices } from './problem/coverage.ts';
import { withoutKept } from './problem/group-sizes.ts';
import { withHeadroom } from './problem/headroom.ts';
import { withMeasuredMemory } from './problem/measured-memory.ts';
import type { NodeKind, Problem } from './problem/problem.ts';
import { withWaitingRooms } from './problem/waiting-rooms.ts';
import { EFFORTS } from './search/effort.ts';
import { explore, exploreDesign, type Wanted, WORTH_A_FRESH_START } from './search/explore.ts';
import { designOf } from './search/fresh.ts';
import type { PackingState } from './search/packing-state.ts';
import { movingOf, onlyNodesCount, proveWithMoves } from './search/prove-with-moves.ts';
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
  /** Hears, now and then while the search goes on, of the plan that it would give were it cancelled then. */
  readonly onDraft?: (plan: Plan) => void;
}

/** Plans are repeated from their own end state at most so often; each repetition must save the policy's minimum. */
const MOST_REPETITIONS = 5;

/** What is known of a request at some moment of its search. */
export interface Found {
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
  readonly status: PlanStatus;
  /** What less effort has found, so that more never gives a dearer plan; null: nothing was searched before. */
  readonly before: Searched | null;
}

/** What was found for a request: from it a plan is chosen for any limit on moves. */
export interface Searched extends Found {
  /** The best of the states and of what less effort has found, whatever it moves. */
  readonly best: Realisation;
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
  const { onDraft } = context;
  const drafted = onDraft !== undefined && isDrafted(asked) ? draftsFor(onDraft) : () => {};
  return withFewTypes(asked, (one) => searchTypes(one, one.effort, context, limits, drafted));
}

function searchTypes(
  asked: PlanRequest,
  effort: Effort,
  context: PlanContext,
  limits: boolean,
  drafted: Drafted,
): Searched {
  const started = context.now();
  const before = effort === 'thorough' ? searchTypes(asked, 'normal', context, limits, drafted) : null;
  // Nothing is cheaper, and moves cost nothing.
  if (
    before !== null &&
    !limits &&
    onlyNodesCount(before.problem) &&
    before.best.microsPerHour <= before.relaxation.bound
  )
    return { ...before, started };
  const request = withWaitingRooms(withHeadroom(withMeasuredMemory(asked)));
  const { snapshot, book, policy, seed } = request;
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
    const free = withoutKept(on);
    const found = relax(coveringOf(free), context.engines, EFFORTS[effort].relaxation, isNear, stop);
    return {
      ...found,
      bound: Math.max(
        found.bound,
        boundOfFewPods(free, NODES_ALONE, Number.POSITIVE_INFINITY, () => now, ANY_END, stop) ?? 0,
      ),
    };
  };
  const known = (states: readonly PackingState[]): Found => ({
    asked,
    digests,
    request,
    context,
    started,
    problem,
    prices: lookup,
    coverage,
    relaxation: { ...relaxation, bound: Math.max(relaxation.bound, before?.relaxation.bound ?? 0) },
    movingBounds: before?.movingBounds ?? [],
    states,
    status,
    before,
  });
  const search = (on: Problem, relaxation: Relaxation, wanted: Omit<Wanted, 'isReachable'>): PackingState[] => {
    context.onProgress('searching');
    const isReachable = (state: PackingState) => {
      const { complete, numberOfMoves } = realise(on, state);
      return complete && numberOfMoves <= (policy.maxMoves ?? Number.POSITIVE_INFINITY);
    };
    return explore(on, relaxation, { ...wanted, isReachable }, context.engines, EFFORTS[effort], seed, stop);
  };
  const relaxation = relaxed(problem);
  const free = withoutKept(problem);
  const tightened = beginTightening(free, relaxation, context, effort);
  const moving = movingOf(free, relaxation, context.engines);
  try {
    const onFound = (states: readonly PackingState[]) => drafted(known(states), WORTH_A_DRAFT);
    const states = search(problem, relaxation, { moving, others: limits, onFound });
    let best = bestWithin({ problem, states, before }, null);
    const gapTo = (bound: number) => (best.microsPerHour - bound) / best.microsPerHour;
    const isWhole = isWholeWeighty(relaxation);
    const smallGap = isWhole ? 0 : EFFORTS[effort].smallGap;
    const wait = () => tightened(gapTo(relaxation.bound) > smallGap && !stop() ? stop : null);
    // Where nodes are few, how many there are of each kind is worth knowing before it is searched on.
    const early = isWhole ? wait() : null;
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
        search(nextProblem, relaxed(nextProblem), { moving: null, others: limits, onFound: () => {} }),
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
    drafted(known(states), 0);
    context.onProgress('proving');
    const { bound: tighter } = early ?? wait();
    const sets = podSetsOf(problem);
    const ends = sets === null ? ANY_END : possibleEndsOf(snapshot, problem, sets);
    const isProven = relaxation.bound >= best.microsPerHour;
    const most = Number.POSITIVE_INFINITY;
    const ofFewPods = isProven ? null : boundOfFewPods(free, NODES_ALONE, most, () => best.microsPerHour, ends, stop);
    const ended = known(states);
    const bound = Math.max(ended.relaxation.bound, tighter, ofFewPods ?? 0);
    const found = () => objectiveOf(problem, bestWithin({ problem, states, before }, policy.maxMoves));
    const ownBounds = proveWithMoves(free, moving, states.at(-1), found, ends, EFFORTS[effort].proof, stop);
    return {
      ...known(states),
      relaxation: { ...relaxation, bound },
      movingBounds: [...ownBounds, ...ended.movingBounds],
      best,
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

function launchedNames(snapshot: Snapshot, problem: Problem, realisation: Realisation): [string, NodeKind][] {
  const names = namesOf(problem, realisation, new Set(snapshot.nodes.map(({ name }) => name)));
  return realisation.launched.map(({ slot, kind }) => [names.get(slot)!, kind]);
}
