import type { MovingRates } from '@restow/model';
import type { Evacuee } from './evacuee.ts';
import { expectedLoss } from './expected-loss.ts';
import { type Leave, type Limits, timetable } from './timetable.ts';

export interface Order {
  readonly leaves: readonly Leave[];
  readonly liveAtOnce: number;
  readonly lossMicros: number;
}

/** Of those that are as good, what agents do by themselves. */
const LIVE_AT_ONCE = [2, 1, 4];
/** Looks at an order; so many are a fraction of a second. */
const MOST_LOOKS = 200_000;
const MOST_PASSES = 6;

/**
 * For every pod its way, and in which order they go, so that the expected loss is least: begins from the simple orders
 * and from those that are best by value for time, and changes ways and places for as long as that helps. It is never
 * worse, by its own rates, than the simple orders. The same input gives the same order.
 */
export function chooseOrder(evacuees: readonly Evacuee[], podsAtOnce: number, rates: MovingRates): Order {
  const able = evacuees.filter(({ ways }) => ways.length > 0);
  // Of orders that are as good by the rates, what is worth most goes first: the rates may be wrong.
  const starts = [byDensity(able, rates), byValue(able), byPriority(able), inPodOrder(able)];
  let best: Order | null = null;
  for (const liveAtOnce of LIVE_AT_ONCE) {
    const limits = { liveAtOnce, podsAtOnce };
    const loss = (order: readonly Leave[]) => expectedLoss(evacuees, order, limits, rates);
    const all = [...starts, ...starts.map((start) => hurry(start, limits, rates))];
    const first = all.map((leaves): Scored => ({ leaves, lossMicros: loss(leaves) })).reduce(less);
    const found = { ...improve(first, able, loss), liveAtOnce };
    if (best === null || found.lossMicros < best.lossMicros) best = found;
  }
  return best!;
}

/** As they are listed, each by the gentlest way that it has. */
export function inPodOrder(evacuees: readonly Evacuee[]): Leave[] {
  return evacuees.filter(({ ways }) => ways.length > 0).map((evacuee) => ({ evacuee, way: 0 }));
}

/** By pod priority, as drainers do that know it. */
export function byPriority(evacuees: readonly Evacuee[]): Leave[] {
  return inPodOrder(evacuees).sort((one, other) => other.evacuee.pod.priority - one.evacuee.pod.priority);
}

/** What is saved for each millisecond on the way, the most first (Smith's rule). */
function byDensity(evacuees: readonly Evacuee[], { bytesPerSecond, liveMs }: MovingRates): Leave[] {
  const density = ({ evacuee, way }: Leave) => {
    const { bytes, lossMicros } = evacuee.ways[way]!;
    return (evacuee.stayLossMicros - lossMicros) / (liveMs + (bytes / bytesPerSecond) * 1000);
  };
  return inPodOrder(evacuees).sort((one, other) => density(other) - density(one));
}

function byValue(evacuees: readonly Evacuee[]): Leave[] {
  const order = inPodOrder(evacuees).sort((one, other) => other.evacuee.stayLossMicros - one.evacuee.stayLossMicros);
  return order.map(({ evacuee }) => ({ evacuee, way: evacuee.ways.length - 1 }));
}

/** What would be late goes by the next way, until nothing that could be faster is late. */
function hurry(order: readonly Leave[], limits: Limits, rates: MovingRates): Leave[] {
  const leaves = [...order];
  for (;;) {
    const times = timetable(leaves, limits, rates, 1);
    const late = leaves.findIndex(({ evacuee, way }, index) => !times[index]!.inTime && way < evacuee.ways.length - 1);
    if (late < 0) return leaves;
    leaves[late] = { ...leaves[late]!, way: leaves[late]!.way + 1 };
  }
}

interface Scored {
  readonly leaves: readonly Leave[];
  readonly lossMicros: number;
}

function less(one: Scored, other: Scored): Scored {
  return other.lossMicros < one.lossMicros ? other : one;
}

/** Takes every change of one pod's way or place that loses less, until none does. */
function improve(start: Scored, evacuees: readonly Evacuee[], loss: (order: readonly Leave[]) => number): Scored {
  let best = start;
  let looks = Math.floor(MOST_LOOKS / Math.max(1, evacuees.length));
  const look = (leaves: readonly Leave[]) => {
    looks--;
    const lossMicros = loss(leaves);
    if (lossMicros >= best.lossMicros) return false;
    best = { leaves, lossMicros };
    return true;
  };
  for (let pass = 0; pass < MOST_PASSES; pass++) {
    const before = best.lossMicros;
    for (const evacuee of evacuees) {
      if (looks <= 0) return best;
      const at = best.leaves.findIndex((leave) => leave.evacuee === evacuee);
      const others = best.leaves.filter((leave) => leave.evacuee !== evacuee);
      if (at >= 0) look(others);
      for (const way of evacuee.ways.keys()) {
        for (const place of placesFor(others.length, at)) look(others.toSpliced(place, 0, { evacuee, way }));
      }
    }
    if (best.lossMicros === before) return best;
  }
  return best;
}

/** First, last, where it is, beside that, and spread over the rest. */
function placesFor(count: number, at: number): Set<number> {
  const places = new Set([0, count]);
  for (const place of [at - 1, at, at + 1]) if (place >= 0 && place <= count) places.add(place);
  for (let part = 1; part < SPREAD; part++) places.add(Math.round((count * part) / SPREAD));
  return places;
}

const SPREAD = 6;
