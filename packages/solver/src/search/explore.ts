import type { Relaxation } from '../bound/relax.ts';
import type { LpEngines } from '../lp/engines.ts';
import type { Problem } from '../problem/problem.ts';
import { Archive } from './archive.ts';
import type { SearchEffort } from './effort.ts';
import { packAfresh } from './fresh.ts';
import { guideOf } from './guide.ts';
import { Packing } from './packing.ts';
import type { PackingState } from './packing-state.ts';
import { Random } from './random.ts';
import { reuseNodes } from './reuse-nodes.ts';
import { ruinAndRecreate } from './ruin-and-recreate.ts';
import { STRETCHES, stretchesOf } from './stretches.ts';

/** Where no more than this part can be saved, the cluster as it is is polished and no fresh packing is tried. */
const WORTH_A_FRESH_START = 0.06;
/**
 * Prices of a move at which the cluster as it is is searched, as multiples of the mean price of a pod. The first moves save
 * several times that: a node is left by few pods, or for a newer type.
 */
const MOVE_PRICES = [8, 6, 4.5, 3.5, 2.7, 2.1, 1.6, 1.2, 0.9, 0.7, 0.5, 0.35, 0.25, 0.15, 0.07, 0.03, 0.01];
/** So that of two equally cheap packings the one with fewer moves is kept even when moves are free. */
const LEAST_MOVE_PRICE = 0.5;
const HEAT = 0.02;
/** Small clusters need fewer trials: the share grows with the number of pods. */
const FULL_EFFORT_PODS = 400;
const SMALLEST_SHARE = 0.04;

/**
 * Searches packings between "nothing moves" and "as cheap as can be found", always in the same way whatever limit on
 * moves the plan will have. The first state of the answer moves nothing; each later one moves more and costs less.
 */
export function explore(
  problem: Problem,
  relaxation: Relaxation,
  engines: LpEngines,
  effort: SearchEffort,
  seed: number,
  stop: () => boolean,
): PackingState[] {
  const pods = problem.classes.reduce((sum, podClass) => sum + podClass.pods.length, 0);
  const archive = new Archive(pods);
  const packing = new Packing(problem);
  closeEmpty(packing);
  archive.offer(packing);
  const start = packing.state();
  const potential = (packing.microsPerHour - relaxation.bound) / Math.max(1, packing.microsPerHour);
  if (potential <= problem.policy.minimumSavingFraction || pods === 0) return archive.frontier();

  const guide = guideOf(problem, relaxation.duals);
  const random = new Random(seed);
  const movePrice = Math.max(problem.moveMicrosPerHour, LEAST_MOVE_PRICE);
  const onChange = () => archive.offer(packing);
  const meanPodPrice = packing.microsPerHour / pods;
  const schedule = [
    ...MOVE_PRICES.map((share) => share * meanPodPrice).filter((price) => price > movePrice),
    movePrice,
  ];
  const scale = Math.min(1, SMALLEST_SHARE + pods / FULL_EFFORT_PODS);
  const trials = (full: number) => Math.ceil(full * scale);
  // Down, so that what saves most for a move is done first, and up again, so that what saves least is undone.
  const sweep = [...schedule, ...schedule.slice(0, -1).reverse()];
  for (const price of sweep) {
    const iterations = trials(effort.fromCurrent / schedule.length);
    ruinAndRecreate(packing, guide, random, { movePrice: price, mostMoves: pods, iterations, heat: 0, stop, onChange });
  }
  for (const { mostMoves, movePrice: price } of stretchesOf(archive, pods, movePrice)) {
    packing.load(archive.within(mostMoves));
    const iterations = trials(effort.fromCurrent / STRETCHES);
    ruinAndRecreate(packing, guide, random, { movePrice: price, mostMoves, iterations, heat: 0, stop, onChange });
  }
  if (potential > WORTH_A_FRESH_START && !stop()) {
    packing.load(start);
    if (packAfresh(packing, relaxation, guide, engines, random, stop)) {
      ruinAndRecreate(packing, guide, random, {
        movePrice: 0,
        mostMoves: pods,
        iterations: trials(effort.fromFresh),
        heat: HEAT,
        stop,
        onChange: () => {},
      });
      reuseNodes(packing);
      archive.offer(packing);
      ruinAndRecreate(packing, guide, random, {
        movePrice,
        mostMoves: pods,
        iterations: trials(effort.afterReuse),
        heat: 0,
        stop,
        onChange,
      });
      archive.offer(packing);
    }
  }
  return archive.frontier();
}

function closeEmpty(packing: Packing): void {
  for (const { index } of packing.problem.nodes) {
    if (packing.isOpen(index) && packing.isRemovable(index) && packing.pods(index) === 0) packing.close(index);
  }
  packing.commit();
}
