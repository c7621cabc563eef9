import type { Relaxation } from '../bound/relax.ts';
import { numberOfPods } from '../problem/classes.ts';
import type { Problem } from '../problem/problem.ts';
import { Archive } from './archive.ts';
import type { SearchEffort } from './effort.ts';
import { type Design, packAfresh } from './fresh.ts';
import { type Guide, guideOf } from './guide.ts';
import { Packing } from './packing.ts';
import { costOf, type PackingState } from './packing-state.ts';
import { placePending } from './place-pending.ts';
import { Random } from './random.ts';
import { reuseNodes } from './reuse-nodes.ts';
import { ruinAndRecreate } from './ruin-and-recreate.ts';

/** Where less can be saved besides the policy's minimum, the search is as much shorter, but not shorter than this part of it. */
const WORTH_A_LONG_SEARCH = 0.03;
const SHORTEST = 0.25;
/** So that of two equally cheap packings the one with fewer moves is kept even when moves are free: part of the cheapest node. */
const LEAST_MOVE_PRICE = 5e-6;
const HEAT = 0.02;
/** A state of many nodes is long: so it is kept after a few changes, and not after each; while there are few moves, each counts. */
const NODES_OF_AN_OFFER = 250;
const FEW_MOVES = 0.05;
/** Small clusters need fewer trials, but no fewer than this share of them. */
const SMALLEST_SHARE = 0.04;
/** With more pods than this there are more trials too, with the root of how many more. */
const VERY_MANY = 12_500;

/** What a search is held to, at what price of a move; `heat`: how much dearer a trial may be, as a part of a node's price. */
interface Limits {
  readonly movePrice: number;
  readonly mostMoves?: number;
  readonly heat?: number;
}

/** What every search has, from the cluster as it is. */
export class Search {
  readonly archive: Archive;
  readonly packing: Packing;
  /** The cluster as it is, and with those who wait on the nodes that they find without a move. */
  readonly start: PackingState;
  readonly first: PackingState;
  readonly pods: number;
  readonly random: Random;
  readonly movePrice: number;
  /** The part of what nodes cost that the bound leaves to be saved. */
  readonly potential: number;
  readonly onChange: () => void;
  readonly #problem: Problem;
  readonly #relaxation: Relaxation;
  readonly #scale: number;
  readonly #afterReuse: number;
  readonly #stop: () => boolean;
  #guide: Guide | null = null;

  constructor(
    problem: Problem,
    relaxation: Relaxation,
    { fullEffortPods, afterReuse }: SearchEffort,
    seed: number,
    stop: () => boolean,
  ) {
    this.#problem = problem;
    this.#relaxation = relaxation;
    this.#afterReuse = afterReuse;
    this.#stop = stop;
    this.pods = numberOfPods(problem);
    this.archive = new Archive(this.pods, problem.policy.maxMoves);
    this.packing = new Packing(problem);
    this.random = new Random(seed);
    closeEmpty(this.packing);
    this.start = this.packing.state();
    if (problem.classes.some(({ isPending }) => isPending)) placePending(this.packing, this.guide, this.random);
    closeEmpty(this.packing);
    this.archive.offer(this.packing);
    this.first = this.packing.state();
    this.movePrice = Math.max(problem.moveMicrosPerHour, LEAST_MOVE_PRICE * cheapestNode(problem));
    this.potential = (costOf(this.packing) - relaxation.bound) / Math.max(1, costOf(this.packing));
    const worth = Math.min(
      1,
      Math.max(SHORTEST, (this.potential - problem.policy.minimumSavingFraction) / WORTH_A_LONG_SEARCH),
    );
    const size =
      Math.min(1, SMALLEST_SHARE + this.pods / fullEffortPods) * Math.max(1, Math.sqrt(this.pods / VERY_MANY));
    this.#scale = worth * size;
    const every = 1 + Math.floor(problem.nodes.length / NODES_OF_AN_OFFER);
    let changes = 0;
    this.onChange = () => {
      const { archive, packing, pods } = this;
      if (packing.moves <= FEW_MOVES * pods || ++changes % every === 0) archive.offer(packing);
    };
  }

  get guide(): Guide {
    this.#guide ??= guideOf(this.#problem, this.#relaxation);
    return this.#guide;
  }

  improve(trials: number, limits: Limits): void {
    ruinAndRecreate(this.packing, this.guide, this.random, {
      mostMoves: this.pods,
      heat: 0,
      ...limits,
      iterations: Math.ceil(trials * this.#scale),
      stop: this.#stop,
      onChange: limits.heat === undefined ? this.onChange : () => {},
    });
  }

  improveFrom(state: PackingState, trials: number, limits: Limits): void {
    this.packing.load(state);
    this.improve(trials, limits);
    this.archive.offer(this.packing);
  }

  /** Packs everything afresh and improves that; whether it could be packed so. `onPacked`: it is, but not yet improved. */
  packAndImprove(design: Design, trials: number, onPacked: () => void = () => {}): boolean {
    const { archive, packing, guide, random, movePrice } = this;
    packing.load(this.start);
    const pack = (isShared: boolean) => packAfresh(packing, guide, design, random, isShared, this.#stop);
    if (!pack(true) && !pack(false)) return false;
    // Improving begins with what is dearer, and may end so; a state of very many nodes is large.
    if (this.pods <= VERY_MANY) archive.offer(packing);
    onPacked();
    this.improve(trials, { movePrice: 0, heat: HEAT });
    reuseNodes(packing, this.#stop);
    archive.offer(packing);
    this.improve(this.#afterReuse, { movePrice });
    archive.offer(packing);
    return true;
  }
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
