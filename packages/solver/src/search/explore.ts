import type { MovingRelaxation } from '../bound/moving-relaxation.ts';
import type { Relaxation } from '../bound/relax.ts';
import type { LpEngines } from '../lp/engines.ts';
import { numberOfPods } from '../problem/classes.ts';
import type { Problem } from '../problem/problem.ts';
import { Archive } from './archive.ts';
import type { SearchEffort } from './effort.ts';
import { searchFewPods } from './few-pods.ts';
import { packAfresh } from './fresh.ts';
import { guideOf } from './guide.ts';
import { oneByOne } from './one-by-one.ts';
import { Packing } from './packing.ts';
import { costOf, type PackingState } from './packing-state.ts';
import { countsMoves } from './prove-with-moves.ts';
import { Random } from './random.ts';
import { reuseNodes } from './reuse-nodes.ts';
import { ruinAndRecreate } from './ruin-and-recreate.ts';
import { STRETCHES, stretchesOf } from './stretches.ts';
import { sweep } from './sweep.ts';

/** Where no more than this part can be saved, the cluster as it is is polished and no fresh packing is tried. */
export const WORTH_A_FRESH_START = 0.06;
/** Where less can be saved, the search is as much shorter, but not shorter than this part of it. */
const WORTH_A_LONG_SEARCH = 0.03;
const SHORTEST = 0.25;
/**
 * Prices of a move at which the cluster as it is is searched, as multiples of the mean price of a pod. The first moves save
 * several times that: a node is left by few pods, or for a newer type.
 */
const MOVE_PRICES = [8, 6, 4.5, 3.5, 2.7, 2.1, 1.6, 1.2, 0.9, 0.7, 0.5, 0.35, 0.25, 0.15, 0.07, 0.03, 0.01];
/** Where packings are made for many moves, lower prices than this are left to them. */
const SWEPT_BELOW = 0.4;
/** With fewer pods, packings that move less take no time worth saving. */
const MANY_PODS = 250;
/** Where the cheapest of all is farther than this from its bound, one more packing is made. */
const FAR = 0.01;
/** So that of two equally cheap packings the one with fewer moves is kept even when moves are free: part of the cheapest node. */
const LEAST_MOVE_PRICE = 5e-6;
const HEAT = 0.02;
/** Prices are off by up to this part in a second fresh packing, so that it is another one. */
const PRICE_NOISE = 0.02;
/** A state of many nodes is long: so it is kept after a few changes, and not after each; while there are few moves, each counts. */
const NODES_OF_AN_OFFER = 250;
const FEW_MOVES = 0.05;
/** Small clusters need fewer trials, but no fewer than this share of them. */
const SMALLEST_SHARE = 0.04;

export interface Wanted {
  /** Guides it where moves are limited; null: nothing does. */
  readonly moving: MovingRelaxation | null;
  /** Whether other states than the best are wanted, for other limits on moves or for what follows from them. */
  readonly others: boolean;
  /** Whether there is an order of moves that leads there, within the limit. */
  readonly isReachable: (state: PackingState) => boolean;
}

/**
 * Searches packings between "nothing moves" and "as cheap as can be found", in the same way whatever limit on moves the
 * plan will have, and for that limit besides. The first state of the answer moves nothing; each later one moves more and
 * costs less.
 */
export function explore(
  problem: Problem,
  relaxation: Relaxation,
  { moving, others, isReachable }: Wanted,
  engines: LpEngines,
  effort: SearchEffort,
  seed: number,
  stop: () => boolean,
): PackingState[] {
  const pods = numberOfPods(problem);
  const archive = new Archive(pods, problem.policy.maxMoves);
  const packing = new Packing(problem);
  closeEmpty(packing);
  archive.offer(packing);
  const start = packing.state();
  const potential = (packing.microsPerHour - relaxation.bound) / Math.max(1, packing.microsPerHour);
  if (potential <= problem.policy.minimumSavingFraction || pods === 0 || stop()) return archive.frontier();

  const guide = guideOf(problem, relaxation.duals);
  const random = new Random(seed);
  const movePrice = Math.max(problem.moveMicrosPerHour, LEAST_MOVE_PRICE * cheapestNode(problem));
  const every = 1 + Math.floor(problem.nodes.length / NODES_OF_AN_OFFER);
  let changes = 0;
  const onChange = () => {
    if (packing.moves <= FEW_MOVES * pods || ++changes % every === 0) archive.offer(packing);
  };
  const worth = Math.min(1, Math.max(SHORTEST, potential / WORTH_A_LONG_SEARCH));
  const scale = worth * Math.min(1, SMALLEST_SHARE + pods / effort.fullEffortPods);
  const improve = (trials: number, limits: { movePrice: number; mostMoves?: number; heat?: number }) => {
    const iterations = Math.ceil(trials * scale);
    const observed = limits.heat === undefined ? onChange : () => {};
    ruinAndRecreate(packing, guide, random, {
      mostMoves: pods,
      heat: 0,
      ...limits,
      iterations,
      stop,
      onChange: observed,
    });
  };
  const improveFrom = (state: PackingState, trials: number, limits: { movePrice: number; mostMoves?: number }) => {
    packing.load(state);
    improve(trials, limits);
    archive.offer(packing);
  };

  const { maxMoves } = problem.policy;
  for (const mostMoves of maxMoves === null ? [pods] : [pods, maxMoves]) {
    packing.load(start);
    const isBest = searchFewPods(packing, movePrice, mostMoves, stop);
    archive.offer(packing);
    if (isBest && !others && mostMoves === (maxMoves ?? pods) && isReachable(packing.state()))
      return archive.frontier();
  }
  // The cheapest of all come first, so that a search that is stopped has them.
  const freshStarts = potential > WORTH_A_FRESH_START ? effort.freshStarts : 0;
  let isPacked = false;
  const isFar = () => costOf(archive.frontier().at(-1)!) > (1 + FAR) * relaxation.bound;
  for (let k = 0; k < freshStarts || (k === freshStarts && k > 0 && pods <= effort.againUpTo && isFar()); k++) {
    if (stop()) break;
    packing.load(start);
    const noise = k === 0 ? 0 : PRICE_NOISE;
    const pack = (isShared: boolean) => packAfresh(packing, relaxation, guide, engines, random, noise, isShared, stop);
    if (!pack(true) && !pack(false)) continue;
    isPacked = true;
    improve(effort.fromFresh, { movePrice: 0, heat: HEAT });
    reuseNodes(packing, stop);
    archive.offer(packing);
    improve(effort.afterReuse, { movePrice });
    archive.offer(packing);
  }
  const isFree = !countsMoves(problem) && maxMoves === null;
  if (isFree && !others && isPacked && pods > MANY_PODS && isReachable(archive.frontier().at(-1)!))
    return archive.frontier();
  packing.load(start);
  oneByOne(packing, guide, random, { leastSaving: movePrice, mostMoves: pods, stop, onChange });
  packing.load(start);
  const isSwept = moving !== null && freshStarts > 0;
  const shares = isSwept ? MOVE_PRICES.filter((share) => share > SWEPT_BELOW) : MOVE_PRICES;
  const prices = shares.map((share) => (share * start.microsPerHour) / pods).filter((price) => price > movePrice);
  // Down, so that what saves most for a move is done first, and up again, so that what saves least is undone.
  for (const price of [...prices, movePrice, ...prices.toReversed()]) {
    if (stop()) return archive.frontier();
    improve(effort.fromCurrent / (1 + MOVE_PRICES.length), { movePrice: price });
    archive.offer(packing);
  }
  if (isSwept) {
    const polish = (price: number, mostMoves: number) =>
      improve(effort.sweep.trials, { movePrice: movePrice + price, mostMoves });
    sweep(packing, start, archive, moving, guide, random, effort.sweep, polish, stop);
  }
  for (const stretch of stretchesOf(archive, pods, movePrice)) {
    if (stop()) return archive.frontier();
    improveFrom(archive.within(stretch.mostMoves), effort.fromCurrent / STRETCHES, stretch);
  }
  return archive.frontier();
}

function cheapestNode({ nodes, kinds }: Problem): number {
  let cheapest = Number.POSITIVE_INFINITY;
  for (const { microsPerHour } of [...nodes, ...kinds])
    if (microsPerHour > 0) cheapest = Math.min(cheapest, microsPerHour);
  return Number.isFinite(cheapest) ? cheapest : 0;
}

function closeEmpty(packing: Packing): void {
  for (const { index } of packing.problem.nodes) {
    if (packing.isOpen(index) && packing.isRemovable(index) && packing.pods(index) === 0) packing.close(index);
  }
  packing.commit();
}
