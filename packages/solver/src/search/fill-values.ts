import type { NodeKind } from '../problem/problem.ts';
import type { Guide } from './guide.ts';
import type { Packing } from './packing.ts';
import type { Pending } from './rebuild.ts';

/** What was found for a kind, and what of it hung on rules about other pods. */
interface Filled {
  readonly value: number;
  /** Positions where they were asked, how many pods there was room for, and how many of those were let in. */
  readonly asked: readonly number[];
}

const UNKNOWN = -1;

/**
 * What fresh nodes of many kinds would take of what is pending is worth. Kinds with the same room take the same, unless
 * rules about other pods tell their places apart; those are asked once for each place.
 */
export class FillValues {
  readonly #packing: Packing;
  readonly #pending: Pending;
  readonly #guide: Guide;
  readonly #left: Float64Array;
  /** By place and position. */
  readonly #limits: (Float64Array | undefined)[] = [];
  /** By kinds with the same room. */
  #filled: (Filled | undefined)[] = [];

  constructor(packing: Packing, pending: Pending, guide: Guide) {
    this.#packing = packing;
    this.#pending = pending;
    this.#guide = guide;
    this.#left = new Float64Array(guide.least.length);
  }

  /** After pods have been placed. */
  forget(): void {
    this.#filled = [];
    for (const limits of this.#limits) limits?.fill(UNKNOWN);
  }

  /** Filled greedily in this order, which is one for kinds with the same room. */
  of(kind: NodeKind, order: readonly number[]): number {
    const room = this.#guide.roomOf[kind.index]!;
    let filled = this.#filled[room];
    if (filled === undefined || !this.#isSame(filled, kind)) {
      filled = this.#fill(kind, order);
      this.#filled[room] = filled;
    }
    return filled.value;
  }

  #isSame({ asked }: Filled, kind: NodeKind): boolean {
    for (let at = 0; at < asked.length; at += 3) {
      if (Math.min(asked[at + 1]!, this.#limit(asked[at]!, kind)) !== asked[at + 2]!) return false;
    }
    return true;
  }

  #fill(kind: NodeKind, order: readonly number[]): Filled {
    const { least, worth, demands, coupled } = this.#guide;
    const { classes, counts } = this.#pending;
    const resources = least.length;
    const eligible = this.#packing.problem.eligible[kind.shape]!;
    const podCosts = kind.podCosts.microsPerHour;
    const left = this.#left;
    left.set(kind.capacity);
    const asked: number[] = [];
    let value = 0;
    for (const position of order) {
      const c = classes[position]!;
      if (eligible[c] !== 1) continue;
      let fits = counts[position]!;
      const first = c * resources;
      for (let r = 0; r < resources && fits > 0; r++) {
        const amount = demands[first + r]!;
        const room = left[r]!;
        if (amount === 0) continue;
        if (room < amount) fits = 0;
        else if (room < fits * amount) fits = Math.floor(room / amount);
      }
      if (fits > 0 && coupled[c] === 1) {
        const wanted = fits;
        fits = Math.min(fits, this.#limit(position, kind));
        asked.push(position, wanted, fits);
      }
      if (fits <= 0) continue;
      let isFull = false;
      for (let r = 0; r < resources; r++) {
        const amount = demands[first + r]!;
        if (amount === 0) continue;
        left[r]! -= fits * amount;
        if (left[r]! < least[r]!) isFull = true;
      }
      value += fits * (worth[c]! - (podCosts === null ? 0 : podCosts[c]!));
      if (isFull) break;
    }
    return { value, asked };
  }

  /** How many pods of a pending class rules about other pods let onto one new node of this kind. */
  #limit(position: number, kind: NodeKind): number {
    const place = this.#guide.placeOf[kind.index]!;
    let limits = this.#limits[place];
    if (limits === undefined) {
      limits = new Float64Array(this.#pending.classes.length).fill(UNKNOWN);
      this.#limits[place] = limits;
    }
    const known = limits[position]!;
    if (known !== UNKNOWN) return known;
    const c = this.#pending.classes[position]!;
    const limit = this.#packing.coupling.mayAddTogether(c, this.#packing.domainsForLaunch(kind));
    limits[position] = limit;
    return limit;
  }
}
