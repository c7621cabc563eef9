import type { Guide } from './guide.ts';
import type { Packing } from './packing.ts';
import { costOf } from './packing-state.ts';
import type { Random } from './random.ts';
import { openForPending, pendingOf, placeInSlots } from './rebuild.ts';

export interface OneByOneOptions {
  /** What a move must save at least, micros per hour. */
  readonly leastSaving: number;
  /** Ends when so many pods have moved. */
  readonly mostMoves: number;
  readonly stop: () => boolean;
  /** Called after every change. */
  readonly onChange: (packing: Packing) => void;
}

interface Choice {
  readonly slot: number;
  readonly savedPerMove: number;
}

/** After so many nodes have gone, or this part of all, what has no room any more is forgotten. */
const REFRESH = 64;
const REFRESH_PART = 0.03;
/** So many nodes with room are tried for a class: rules may keep it out of any number of them. */
const MOST_TRIED = 200;

/**
 * Node after node, that first whose going saves most for each pod that moves: its pods go into room elsewhere, and what
 * finds none onto the cheapest new nodes. Every node is looked at, so the first moves of a large cluster are the best ones,
 * which a search at random hardly finds. What a node would save is worked out again when its turn comes, for others have
 * taken room since (lazy greedy; Minoux 1978).
 */
export function oneByOne(packing: Packing, guide: Guide, random: Random, options: OneByOneOptions): void {
  const room = new Room(packing);
  const choices: Choice[] = [];
  const look = (slot: number): Choice | null => {
    const savedPerMove = tryWithout(packing, guide, random, slot, room);
    packing.rollback();
    return savedPerMove > options.leastSaving ? { slot, savedPerMove } : null;
  };
  for (const { index } of packing.problem.nodes) {
    if (options.stop()) return;
    if (!packing.isOpen(index) || !packing.isRemovable(index) || packing.pods(index) === 0) continue;
    const choice = look(index);
    if (choice !== null) choices.push(choice);
  }
  choices.sort(byWorth);
  const refresh = Math.max(REFRESH, Math.ceil(REFRESH_PART * packing.problem.nodes.length));
  let gone = 0;
  while (choices.length > 0 && packing.moves < options.mostMoves && !options.stop()) {
    const { slot } = choices.pop()!;
    const savedPerMove = tryWithout(packing, guide, random, slot, room);
    const next = choices.at(-1)?.savedPerMove ?? options.leastSaving;
    if (savedPerMove >= next && savedPerMove > options.leastSaving) {
      packing.commit();
      if (++gone % refresh === 0) room.forget();
      options.onChange(packing);
      continue;
    }
    packing.rollback();
    if (savedPerMove > options.leastSaving) insert(choices, { slot, savedPerMove });
  }
}

/** Takes the node away; what that saves for each pod that moves more than before, −Infinity where it cannot be done. */
function tryWithout(packing: Packing, guide: Guide, random: Random, slot: number, room: Room): number {
  const before = costOf(packing);
  const { moves } = packing;
  const classes = packing.classes(slot);
  const pods = classes.map((c, k) => [c, packing.counts(slot)[k]!] as const);
  packing.clear(slot);
  packing.close(slot);
  const pending = pendingOf(pods, guide.worth);
  placeInSlots(
    packing,
    pending,
    (c) => room.slotsFor(c),
    (other) => other === slot,
  );
  if (openForPending(packing, pending, guide, [], 0, random, 0) === null) return Number.NEGATIVE_INFINITY;
  const moved = packing.moves - moves;
  if (moved <= 0 || !packing.coupling.isSound()) return Number.NEGATIVE_INFINITY;
  return (before - costOf(packing)) / moved;
}

/** Which nodes have room for a pod of a class. It only gets less while nodes go, so it is looked for once, and no further than asked. */
class Room {
  readonly #packing: Packing;
  readonly #slots: readonly number[];
  /** By class: those found to have room, and where to look on. */
  readonly #byClass: ({ found: number[]; next: number } | undefined)[] = [];

  /** The dearest nodes for what they hold are tried last: where something comes, nothing should leave soon. */
  constructor(packing: Packing) {
    this.#packing = packing;
    this.#slots = packing.problem.nodes
      .filter(({ index, receives }) => packing.isOpen(index) && receives)
      .map(({ index }) => index)
      .sort((a, b) => packing.pods(b) / packing.price(b) - packing.pods(a) / packing.price(a) || a - b);
  }

  *slotsFor(c: number): Generator<number> {
    const looked = this.#byClass[c] ?? { found: [], next: 0 };
    this.#byClass[c] = looked;
    yield* looked.found;
    const { nodes, eligible } = this.#packing.problem;
    while (looked.next < this.#slots.length && looked.found.length < MOST_TRIED) {
      const slot = this.#slots[looked.next++]!;
      if (eligible[nodes[slot]!.shape]![c] !== 1 || !this.#hasRoom(slot, c)) continue;
      looked.found.push(slot);
      yield slot;
    }
  }

  /** Called now and then: what has been filled or is gone need not be tried again. */
  forget(): void {
    this.#byClass.forEach((looked, c) => {
      if (looked !== undefined) looked.found = looked.found.filter((slot) => this.#hasRoom(slot, c));
    });
  }

  #hasRoom(slot: number, c: number): boolean {
    return this.#packing.isOpen(slot) && this.#packing.room(slot, c) > 0;
  }
}

function byWorth(one: Choice, other: Choice): number {
  return one.savedPerMove - other.savedPerMove || other.slot - one.slot;
}

function insert(choices: Choice[], choice: Choice): void {
  let low = 0;
  let high = choices.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byWorth(choices[middle]!, choice) < 0) low = middle + 1;
    else high = middle;
  }
  choices.splice(low, 0, choice);
}
