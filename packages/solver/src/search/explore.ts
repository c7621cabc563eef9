import type { Relaxation } from '../bound/relax.ts';
import { isWholeWeighty } from '../bound/tighten.ts';
import type { LpEngines } from '../lp/engines.ts';
import type { Problem } from '../problem/problem.ts';
import type { SearchEffort } from './effort.ts';
import { searchFewPods } from './few-pods.ts';
import { type Design, divedDesign } from './fresh.ts';
import { oneByOne } from './one-by-one.ts';
import { costOf, type PackingState } from './packing-state.ts';
import { type Moving, onlyNodesCount } from './prove-with-moves.ts';
import { Search } from './search.ts';
import { STRETCHES, stretchesOf, stretchTo } from './stretches.ts';
import { sweep } from './sweep.ts';

/** Where no more than this part can be saved, the cluster as it is is polished and no fresh packing is tried. */
export const WORTH_A_FRESH_START = 0.06;
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
/** What the bound says may be packed is nearly packed: so much of the trials from a fresh packing is enough for it. */
const DESIGNED = 1 / 3;
/**
 * Where moves are limited, so many times the trials from the cluster as it is are spent on that limit alone, each of which
 * may be dearer by up to this part of a node's price, less and less.
 */
const OWN_TRIALS = 3;
const OWN_HEAT = 0.05;
/** Prices are off by up to this part in a second fresh packing, so that it is another one. */
const PRICE_NOISE = 0.02;

export interface Wanted {
  /** Guides it where moves are limited; null: nothing does. */
  readonly moving: Moving | null;
  /** Whether other states than the best are wanted, for other limits on moves or for what follows from them. */
  readonly others: boolean;
  /** Whether there is an order of moves that leads there, within the limit. */
  readonly isReachable: (state: PackingState) => boolean;
  /** Hears now and then of the states that would be the answer if the search were stopped. */
  readonly onFound: (states: readonly PackingState[]) => void;
}

/** Packs what the bound says may be packed, and improves it: states from few moves to many, each cheaper. */
export function exploreDesign(
  problem: Problem,
  relaxation: Relaxation,
  design: Design,
  effort: SearchEffort,
  seed: number,
  stop: () => boolean,
): PackingState[] {
  const search = new Search(problem, relaxation, effort, seed, stop);
  search.packAndImprove(design, effort.fromFresh * DESIGNED);
  return search.archive.frontier();
}

/**
 * Searches packings between "nothing moves" and "as cheap as can be found", in the same way whatever limit on moves the
 * plan will have, and for that limit besides. The first state of the answer moves nothing; each later one moves more and
 * costs less, but for what comes last: that can be reached, where those may not be.
 */
export function explore(
  problem: Problem,
  relaxation: Relaxation,
  wanted: Wanted,
  engines: LpEngines,
  effort: SearchEffort,
  seed: number,
  stop: () => boolean,
): PackingState[] {
  const search = new Search(problem, relaxation, effort, seed, stop);
  const { archive, packing, start, pods, movePrice, potential } = search;
  if (potential <= problem.policy.minimumSavingFraction || problem.classes.length === 0 || stop())
    return archive.frontier();

  const { maxMoves } = problem.policy;
  const reached: PackingState[] = [];
  for (const mostMoves of maxMoves === null ? [pods] : [pods, maxMoves]) {
    packing.load(start);
    const isBest = searchFewPods(packing, movePrice, mostMoves, wanted.isReachable, stop);
    archive.offer(packing);
    if (packing.moves > 0) reached.push(packing.state());
    if (isBest && !wanted.others && mostMoves === (maxMoves ?? pods)) return [...archive.frontier(), ...reached];
  }
  exploreFurther(problem, relaxation, search, wanted, engines, effort, stop);
  return [...archive.frontier(), ...reached];
}

function exploreFurther(
  problem: Problem,
  relaxation: Relaxation,
  search: Search,
  { moving, others, isReachable, onFound }: Wanted,
  engines: LpEngines,
  effort: SearchEffort,
  stop: () => boolean,
): void {
  const { archive, packing, start, first, pods, random, movePrice, potential, guide, onChange } = search;
  // The cheapest of all come first, so that a search that is stopped has them.
  const freshStarts = potential > WORTH_A_FRESH_START ? effort.freshStarts : 0;
  // Where nodes are few, the bound says what to pack instead.
  const mayPackAgain = freshStarts > 0 && pods <= effort.againUpTo && !isWholeWeighty(relaxation);
  let isPacked = false;
  const isFar = () => costOf(archive.frontier().at(-1)!) > (1 + FAR) * relaxation.bound;
  for (let k = 0; k < freshStarts || (k === freshStarts && mayPackAgain && isFar()); k++) {
    if (stop()) break;
    const noise = k === 0 ? 0 : PRICE_NOISE;
    const design = divedDesign(problem, relaxation, engines, random, noise, stop);
    const onPacked = () => onFound([...archive.frontier(), packing.state()]);
    if (search.packAndImprove(design, effort.fromFresh, onPacked)) isPacked = true;
    onFound(archive.frontier());
  }
  if (stop()) return;
  // Where moves cost nothing, what moves less is of no use.
  const isCheapestEnough = () =>
    onlyNodesCount(problem) && !others && pods > MANY_PODS && isReachable(archive.frontier().at(-1)!);
  if (isPacked && isCheapestEnough()) return;
  packing.load(first);
  oneByOne(packing, guide, random, { leastSaving: movePrice, mostMoves: pods, stop, onChange });
  packing.load(first);
  const isSwept = moving !== null && freshStarts > 0;
  const shares = isSwept ? MOVE_PRICES.filter((share) => share > SWEPT_BELOW) : MOVE_PRICES;
  const prices = shares
    .map((share) => (share * first.microsPerHour) / Math.max(1, pods))
    .filter((price) => price > movePrice);
  const improveAt = (some: readonly number[]) => {
    for (const price of some) {
      if (stop()) return;
      search.improve(effort.fromCurrent / (1 + MOVE_PRICES.length), { movePrice: price });
      archive.offer(packing);
      onFound(archive.frontier());
    }
  };
  // Down, so that what saves most for a move is done first, and up again, so that what saves least is undone.
  improveAt([...prices, movePrice]);
  if (stop() || (freshStarts === 0 && isCheapestEnough())) return;
  improveAt(prices.toReversed());
  if (stop()) return;
  if (isSwept) {
    const polish = (price: number, mostMoves: number) =>
      search.improve(effort.sweep.trials, { movePrice: movePrice + price, mostMoves });
    sweep(packing, start, archive, moving.relaxation, guide, random, effort.sweep, polish, stop);
  }
  for (const stretch of stretchesOf(archive, pods, movePrice)) {
    if (stop()) return;
    search.improveFrom(archive.within(stretch.mostMoves), effort.fromCurrent / STRETCHES, stretch);
  }
  const { maxMoves } = problem.policy;
  if (maxMoves === null || maxMoves >= pods || stop()) return;
  const stretch = stretchTo(maxMoves, archive, movePrice);
  search.improveFrom(archive.within(maxMoves), OWN_TRIALS * effort.fromCurrent, { ...stretch, heat: OWN_HEAT });
  search.improveFrom(archive.within(maxMoves), effort.fromCurrent, stretch);
}
