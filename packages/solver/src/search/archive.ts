import type { Packing } from './packing.ts';
import { costOf, type PackingState } from './packing-state.ts';

/** States are kept for each of so many first moves, and then for about this many steps of the number of moves, each larger. */
const SINGLE = 32;
const STEPS = 160;
/** A state replaces another with as many moves when it is cheaper by this part. */
const BETTER = 1e-4;

/** The cheapest state seen for each number of moves, roughly: what a plan with a limit on moves is chosen from. */
export class Archive {
  readonly #best: (PackingState | undefined)[] = [];
  readonly #pods: number;
  readonly #limit: number;
  #bestWithin: PackingState | null = null;

  /** `limit`: the cheapest with no more moves is kept too, whatever takes its place among those with about as many. */
  constructor(pods: number, limit: number | null) {
    this.#pods = Math.max(1, pods);
    this.#limit = limit ?? -1;
  }

  offer(packing: Packing): void {
    this.#offerWithin(packing);
    const step = this.#step(packing.moves);
    const known = this.#best[step];
    if (known !== undefined) {
      const cheaper = costOf(packing) < costOf(known) * (1 - BETTER);
      const gentler = costOf(packing) <= costOf(known) && packing.moves < known.moves;
      if (!cheaper && !gentler) return;
    }
    this.#best[step] = packing.state();
  }

  #offerWithin(packing: Packing): void {
    if (packing.moves > this.#limit) return;
    if (this.#bestWithin === null || costOf(packing) < costOf(this.#bestWithin)) this.#bestWithin = packing.state();
  }

  #step(moves: number): number {
    if (moves <= SINGLE) return moves;
    return SINGLE + Math.floor((STEPS * Math.log(moves / SINGLE)) / Math.log(Math.max(2, this.#pods / SINGLE)));
  }

  /** The cheapest with at most so many moves. */
  within(moves: number): PackingState {
    return this.frontier().findLast((state) => state.moves <= moves)!;
  }

  /** From few moves and dear to many and cheap; each is cheaper than all before it. */
  frontier(): PackingState[] {
    const states = [...this.#best, this.#bestWithin ?? undefined].filter((state) => state !== undefined);
    states.sort((a, b) => a.moves - b.moves || costOf(a) - costOf(b));
    const frontier: PackingState[] = [];
    let cheapest = Number.POSITIVE_INFINITY;
    for (const state of states) {
      if (costOf(state) >= cheapest) continue;
      cheapest = costOf(state);
      frontier.push(state);
    }
    return frontier;
  }
}
