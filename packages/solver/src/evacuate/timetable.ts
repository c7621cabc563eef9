import type { MovingRates } from '@restow/model';
import type { Evacuee } from './evacuee.ts';

/** One pod of an order by one of its ways (an index into them). */
export interface Leave {
  readonly evacuee: Evacuee;
  readonly way: number;
}

export interface Limits {
  /** Live moves at once from one node. */
  readonly liveAtOnce: number;
  /** Pods on their way at once, from all nodes. */
  readonly podsAtOnce: number;
}

/** When one pod begins to leave and when it has left, from the start; `inTime`: before its node goes. */
export interface Times {
  readonly beginMs: number;
  readonly endMs: number;
  readonly inTime: boolean;
}

/**
 * Plays an order through: each begins as soon as its place is ready and nothing before it in the order holds what it
 * needs. Live moves of one node share what the node can send, those of one owner its budget, all of them the number that
 * may be on their way. `slowness` 2: everything takes twice as long as the rates say.
 */
export function timetable(order: readonly Leave[], limits: Limits, rates: MovingRates, slowness: number): Times[] {
  const links = new Map<string, number>();
  const liveSlots = new Map<string, Slots>();
  const ownerSlots = new Map<string, Slots>();
  const all = new Slots(limits.podsAtOnce);
  const startMs = rates.startMs * slowness;
  const stopMs = rates.stopMs * slowness;
  return order.map(({ evacuee, way }) => {
    const { from, owner, ownerAtOnce, placeReadyMs, withinMs } = evacuee;
    const { method, bytes } = evacuee.ways[way]!;
    const slots =
      method === 'live' ? slotsOf(liveSlots, from, limits.liveAtOnce) : slotsOf(ownerSlots, owner, ownerAtOnce);
    const beginMs = Math.max(placeReadyMs, slots.freeAt, all.freeAt);
    let endMs: number;
    let freeMs: number;
    if (method === 'live') {
      const sentMs = Math.max(beginMs, links.get(from) ?? 0) + (bytes / rates.bytesPerSecond) * 1000 * slowness;
      links.set(from, sentMs);
      endMs = sentMs + rates.liveMs * slowness;
      freeMs = endMs;
    } else if (method === 'surge') {
      endMs = beginMs + startMs + stopMs;
      freeMs = endMs;
    } else {
      endMs = beginMs + stopMs;
      freeMs = endMs + startMs;
    }
    slots.take(freeMs);
    all.take(freeMs);
    return { beginMs, endMs, inTime: endMs <= withinMs };
  });
}

/** So many at once: when the next of them is free. */
class Slots {
  readonly #count: number;
  /** Ends of the latest ones, the earliest first. */
  readonly #ends: number[] = [];

  constructor(count: number) {
    this.#count = count;
  }

  get freeAt(): number {
    return this.#ends.length < this.#count ? 0 : this.#ends[0]!;
  }

  take(until: number): void {
    if (this.#ends.length === this.#count) this.#ends.shift();
    let index = this.#ends.length;
    while (index > 0 && this.#ends[index - 1]! > until) index--;
    this.#ends.splice(index, 0, until);
  }
}

function slotsOf(map: Map<string, Slots>, key: string, count: number): Slots {
  let slots = map.get(key);
  if (slots === undefined) {
    slots = new Slots(count);
    map.set(key, slots);
  }
  return slots;
}
