import type { Guide } from './guide.ts';
import type { Packing } from './packing.ts';
import { costOf } from './packing-state.ts';
import type { Random } from './random.ts';
import { openForPending, pendingOf, placeInSlots, shuffle } from './rebuild.ts';

export interface SearchOptions {
  readonly movePrice: number;
  /** No change is accepted after which there are more moves. */
  readonly mostMoves: number;
  readonly iterations: number;
  /** Allowed worsening of one trial at the start, as a part of the mean node price; falls to 0. */
  readonly heat: number;
  readonly stop: () => boolean;
  /** Called after every accepted change. */
  readonly onChange: (packing: Packing) => void;
}

/** How often the list of slots with room is made anew, in trials. */
const REFRESH = 400;
/** Slots with room that are tried for one trial's pods. */
const SAMPLE = 48;
/** In this part of the trials, pods of nodes that stay are taken off one or two of them too, to make room there for others. */
const UNLOADED = 0.3;
/** Nodes given up earlier that are tried for them. */
const HOMES = 4;
const NOISE = 0.12;

/**
 * Local search: takes the pods off a few nodes that give least worth for their price, puts them into room elsewhere and
 * onto the nodes, old or new, that hold the rest at the best price; keeps what is not worse. Source: Schrimpf et al.
 * 2000, "Record breaking optimization results using the ruin and recreate principle"; threshold accepting after Dueck
 * and Scheuer 1990.
 */
export function ruinAndRecreate(packing: Packing, guide: Guide, random: Random, options: SearchOptions): void {
  const { movePrice, iterations } = options;
  /** Slots that may be ruined, some of them closed since. */
  let candidates = new Set<number>();
  let order: number[] = [];
  let roomy: number[] = [];
  /** Nodes that stay whatever is done, with pods that may leave. */
  let staying: number[] = [];
  /** Nodes that exist and were given up: what has left them may go home. */
  let givenUp: number[] = [];
  let meanPrice = 0;
  const refresh = () => {
    const open: number[] = [];
    for (let slot = 0; slot < packing.slots; slot++) if (packing.isOpen(slot)) open.push(slot);
    roomy = open.filter((slot) => hasRoom(packing, slot, guide));
    order = open.filter((slot) => packing.isRemovable(slot));
    givenUp = packing.problem.nodes.filter(({ index }) => !packing.isOpen(index)).map(({ index }) => index);
    staying = open.filter((slot) => !packing.isRemovable(slot) && packing.pods(slot) > 0);
    candidates = new Set(order);
    meanPrice = order.reduce((sum, slot) => sum + packing.price(slot), 0) / Math.max(1, order.length);
  };
  refresh();
  for (let trial = 0; trial < iterations && order.length > 0; trial++) {
    if ((trial & 63) === 0 && options.stop()) return;
    if (trial % REFRESH === REFRESH - 1) refresh();
    const before = costOf(packing) + movePrice * packing.moves;
    const ruined = chooseRuined(packing, guide, order, random, movePrice);
    if (ruined.length === 0) continue;
    const unloaded = staying.length > 0 && random.next() < UNLOADED ? sample(staying, random, 1 + random.below(2)) : [];
    const opened = recreate(
      packing,
      guide,
      { ruined, unloaded, roomy: sample(roomy, random, SAMPLE), givenUp: sample(givenUp, random, HOMES) },
      random,
      movePrice,
    );
    const after = costOf(packing) + movePrice * packing.moves;
    const allowed = options.heat * meanPrice * (1 - trial / iterations) * random.next();
    const isWorse = after > before + allowed || packing.moves > options.mostMoves;
    if (opened === null || isWorse || !packing.coupling.isSound()) {
      packing.rollback();
      continue;
    }
    packing.commit();
    for (const slot of opened) {
      if (candidates.has(slot)) continue;
      candidates.add(slot);
      order.push(slot);
    }
    options.onChange(packing);
  }
}

/** One to four slots, each the worst of a few taken at random. */
function chooseRuined(
  packing: Packing,
  guide: Guide,
  open: readonly number[],
  random: Random,
  movePrice: number,
): number[] {
  const draw = random.next();
  const count = draw < 0.3 ? 1 : draw < 0.65 ? 2 : draw < 0.9 ? 3 : 4;
  const ruined: number[] = [];
  for (let k = 0; k < count; k++) {
    let worst = -1;
    let worstWaste = Number.NEGATIVE_INFINITY;
    for (let tries = k === 0 ? 6 : 3; tries > 0; tries--) {
      const slot = open[random.below(open.length)]!;
      if (!packing.isOpen(slot) || ruined.includes(slot)) continue;
      const waste = 1 - contentWorth(packing, guide, slot, movePrice) / Math.max(1, packing.price(slot));
      if (waste > worstWaste) {
        worst = slot;
        worstWaste = waste;
      }
    }
    if (worst >= 0) ruined.push(worst);
  }
  return ruined;
}

/** What it would take to have the same elsewhere, moves included. */
function contentWorth(packing: Packing, guide: Guide, slot: number, movePrice: number): number {
  const classes = packing.classes(slot);
  const counts = packing.counts(slot);
  const worthOf = guide.worthIn(packing.domains(slot));
  let worth = 0;
  for (let k = 0; k < classes.length; k++) {
    const c = classes[k]!;
    worth +=
      (worthOf[c]! - packing.podCost(slot, c)) * counts[k]! +
      packing.priceOfMove(c, movePrice) * Math.min(counts[k]!, packing.home(slot, c));
  }
  return worth;
}

interface Scene {
  /** Slots that are emptied and closed. */
  readonly ruined: readonly number[];
  /** Slots that stay and are emptied as far as may be. */
  readonly unloaded: readonly number[];
  /** Open slots that may have room. */
  readonly roomy: readonly number[];
  /** Closed nodes that may be opened again. */
  readonly givenUp: readonly number[];
}

/** Empties and closes the slots and places their pods again. The slots opened for them, or null when some found no place. */
function recreate(
  packing: Packing,
  guide: Guide,
  { ruined, unloaded, roomy, givenUp }: Scene,
  random: Random,
  movePrice: number,
): number[] | null {
  const pods = new Map<number, number>();
  for (const slot of [...ruined, ...unloaded]) {
    packing.classes(slot).forEach((c, k) => {
      pods.set(c, (pods.get(c) ?? 0) + packing.counts(slot)[k]!);
    });
    packing.clear(slot);
    if (packing.isRemovable(slot)) packing.close(slot);
  }
  const pending = pendingOf(pods, guide.worth);
  const isTried = random.next() < 0.85;
  const isRuined = (slot: number) => ruined.includes(slot);
  if (unloaded.length > 0) {
    // Where there is room enough nothing is worth anything, and it is the order that decides what fits.
    shuffle(pending, random);
    const slots = random.next() < 0.5 ? [...unloaded, ...roomy] : [...roomy, ...unloaded];
    placeInSlots(packing, pending, () => slots, isRuined);
  } else if (isTried) placeInSlots(packing, pending, () => roomy, isRuined);
  const closed = ruined.filter((slot) => packing.isExisting(slot));
  const homes = givenUp.filter(
    (slot) => !ruined.includes(slot) && pending.classes.some((c) => packing.home(slot, c) > 0),
  );
  return openForPending(packing, pending, guide, [...closed, ...homes], movePrice, random, NOISE);
}

function hasRoom(packing: Packing, slot: number, { smallest }: Guide): boolean {
  if (packing.isExisting(slot) && !packing.node(slot).receives) return false;
  const free = packing.free(slot);
  const { classes } = packing.problem;
  return smallest.some((c) => {
    const { dims, amounts } = classes[c]!;
    for (let k = 0; k < dims.length; k++) if (free[dims[k]!]! < amounts[k]!) return false;
    return true;
  });
}

function sample(slots: readonly number[], random: Random, most: number): number[] {
  if (slots.length <= most) return [...slots];
  const start = random.below(slots.length);
  const stride = 1 + random.below(slots.length - 1);
  const chosen: number[] = [];
  for (let k = 0, at = start; k < most; k++, at = (at + stride) % slots.length) chosen.push(slots[at]!);
  return chosen;
}
