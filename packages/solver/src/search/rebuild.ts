import type { NodeKind } from '../problem/problem.ts';
import { FillValues } from './fill-values.ts';
import type { Guide } from './guide.ts';
import type { Packing } from './packing.ts';
import type { Random } from './random.ts';

/** Pods without a place: counts by class, in the order in which they are to be placed. */
export interface Pending {
  readonly classes: number[];
  readonly counts: number[];
  total: number;
}

export function pendingOf(entries: Iterable<readonly [number, number]>, worth: ArrayLike<number>): Pending {
  const sorted = [...entries].sort(([a], [b]) => worth[b]! - worth[a]! || a - b);
  return {
    classes: sorted.map(([c]) => c),
    counts: sorted.map(([, count]) => count),
    total: sorted.reduce((sum, [, count]) => sum + count, 0),
  };
}

/** Another order in which they are placed. Fisher and Yates. */
export function shuffle({ classes, counts }: Pending, random: Random): void {
  for (let k = classes.length - 1; k > 0; k--) {
    const other = random.below(k + 1);
    [classes[k], classes[other]] = [classes[other]!, classes[k]!];
    [counts[k], counts[other]] = [counts[other]!, counts[k]!];
  }
}

/** Places what it can into those of each class's slots that are open, in their order; the rest stays pending. */
export function placeInSlots(
  packing: Packing,
  pending: Pending,
  slotsFor: (c: number) => Iterable<number>,
  excluded: (slot: number) => boolean,
): void {
  for (let k = 0; k < pending.classes.length; k++) {
    const c = pending.classes[k]!;
    for (const slot of slotsFor(c)) {
      if (pending.counts[k]! === 0) break;
      if (!packing.isOpen(slot) || excluded(slot)) continue;
      const added = packing.tryAdd(slot, c, pending.counts[k]!);
      pending.counts[k]! -= added;
      pending.total -= added;
    }
  }
}

interface Choice {
  /** A kind to launch, or null for `slot`. */
  readonly kind: NodeKind | null;
  readonly slot: number;
  readonly score: number;
}

/**
 * Opens nodes for what is pending, one after the other: launched ones, or existing ones that are closed, whichever gives
 * most worth for its price (the homecoming of a pod is worth a move). The slots that were opened, or null when something
 * fits nowhere or it was stopped.
 */
export function openForPending(
  packing: Packing,
  pending: Pending,
  guide: Guide,
  closed: readonly number[],
  movePrice: number,
  random: Random,
  noise: number,
  stop: () => boolean = () => false,
): number[] | null {
  const { problem } = packing;
  const opened: number[] = [];
  const values = new FillValues(packing, pending, guide);
  while (pending.total > 0) {
    if (stop()) return null;
    const coupled = pending.classes.some((c, k) => pending.counts[k]! > 0 && problem.classes[c]!.coupled);
    const byWorth = random.next() < 0.4;
    const most = worthOf(pending, guide) * (1 + noise);
    let best: Choice | null = null;
    const consider = (kind: NodeKind | null, slot: number, value: number, price: number) => {
      if (value <= 0) return;
      const score = (value / Math.max(price, 1)) * (1 + noise * random.next());
      if (best === null || score > best.score) best = { kind, slot, score };
    };
    const orders = new Map<Int32Array | null, readonly number[]>();
    const orderFor = (kind: NodeKind) => {
      const rank = byWorth ? null : guide.rank[kind.index]!;
      const order = orders.get(rank) ?? fillOrder(pending, rank);
      orders.set(rank, order);
      return order;
    };
    values.forget();
    for (const index of coupled ? guide.allKinds : guide.kinds) {
      const kind = problem.kinds[index]!;
      // They come in the order of price: from here on none can be worth it.
      if (best !== null && most < (best as Choice).score * kind.microsPerHour) break;
      if (!packing.mayOpenKind(kind)) continue;
      consider(kind, -1, values.of(kind, orderFor(kind)), kind.microsPerHour);
    }
    for (const slot of closed) {
      if (packing.isOpen(slot) || !packing.mayOpenNode(slot)) continue;
      consider(null, slot, fillNodeValue(packing, pending, guide, slot, movePrice), packing.price(slot));
    }
    if (best === null) return null;
    const { kind, slot: existing } = best as Choice;
    const slot = kind === null ? existing : packing.launch(kind);
    if (kind === null) packing.openNode(existing);
    opened.push(slot);
    const before = pending.total;
    fill(packing, pending, slot, kind === null ? fillOrder(pending, null) : orderFor(kind));
    // Coupling can refuse what room allowed; then this choice leads nowhere.
    if (pending.total === before) return null;
  }
  return opened;
}

function worthOf({ classes, counts }: Pending, { worth }: Guide): number {
  let total = 0;
  for (let k = 0; k < classes.length; k++) total += counts[k]! * worth[classes[k]!]!;
  return total;
}

function fillNodeValue(packing: Packing, pending: Pending, guide: Guide, slot: number, movePrice: number): number {
  const { problem } = packing;
  const left = Float64Array.from(packing.free(slot));
  let value = 0;
  for (let k = 0; k < pending.classes.length; k++) {
    const c = pending.classes[k]!;
    if (pending.counts[k] === 0) continue;
    let fits = Math.min(pending.counts[k]!, packing.room(slot, c));
    const { dims, amounts, coupled } = problem.classes[c]!;
    for (let d = 0; d < dims.length && fits > 0; d++) fits = Math.min(fits, Math.floor(left[dims[d]!]! / amounts[d]!));
    if (fits > 0 && coupled) fits = Math.min(fits, packing.coupling.mayAddTogether(c, packing.domains(slot)));
    if (fits <= 0) continue;
    for (let d = 0; d < dims.length; d++) left[dims[d]!]! -= fits * amounts[d]!;
    value +=
      fits * (guide.worth[c]! - packing.podCost(slot, c)) +
      Math.min(fits, packing.home(slot, c)) * packing.priceOfMove(c, movePrice);
  }
  return value;
}

function fill(packing: Packing, pending: Pending, slot: number, order: readonly number[]): void {
  for (const k of order) {
    const added = packing.tryAdd(slot, pending.classes[k]!, pending.counts[k]!);
    pending.counts[k]! -= added;
    pending.total -= added;
  }
}

/** Positions with something pending: in their own order (most worth first), or by rank. */
function fillOrder({ classes, counts }: Pending, rank: Int32Array | null): readonly number[] {
  const order: number[] = [];
  for (let k = 0; k < classes.length; k++) if (counts[k]! > 0) order.push(k);
  if (rank === null) return order;
  if (order.length > FEW_POSITIONS) return order.sort((a, b) => rank[classes[a]!]! - rank[classes[b]!]!);
  sortByRank(order, classes, rank);
  return order;
}

/** So few are sorted faster by insertion. */
const FEW_POSITIONS = 50;

/** Insertion sort: a few positions, thousands of times a second. */
function sortByRank(order: number[], classes: readonly number[], rank: Int32Array): void {
  for (let i = 1; i < order.length; i++) {
    const position = order[i]!;
    const key = rank[classes[position]!]!;
    let at = i - 1;
    while (at >= 0 && rank[classes[order[at]!]!]! > key) {
      order[at + 1] = order[at]!;
      at--;
    }
    order[at + 1] = position;
  }
}
