/** A packing at rest: which existing nodes are kept with what, and what is launched with what. */
export interface PackingState {
  /** Price of the nodes. */
  readonly microsPerHour: number;
  /** What the time without the pods that move costs, spread over the horizon. */
  readonly awayMicrosPerHour: number;
  /** What pods cost besides, where they are: expected interruptions and preferences that are not met. */
  readonly podMicrosPerHour: number;
  readonly moves: number;
  /** See `slotsOf`; hundreds of states of thousands of nodes are kept, so they are flat. */
  readonly flat: Int32Array;
}

/** What a state costs an hour, but for the price of its moves: that is chosen anew for every part of a search. */
export function costOf(state: Omit<PackingState, 'flat' | 'moves'>): number {
  return state.microsPerHour + state.awayMicrosPerHour + state.podMicrosPerHour;
}

/** One open slot of a state: the index of an existing node, or the kind of a launched one. */
export interface SlotContent {
  readonly node: number | null;
  readonly kind: number | null;
  readonly classes: readonly number[];
  readonly counts: readonly number[];
}

/** Existing nodes first, in their order, then launched ones. */
export function* slotsOf(state: Pick<PackingState, 'flat'>): Generator<SlotContent> {
  const { flat } = state;
  for (let at = 0; at < flat.length; ) {
    const place = flat[at]!;
    const length = flat[at + 1]!;
    const classes: number[] = [];
    const counts: number[] = [];
    for (let k = 0; k < length; k++) {
      classes.push(flat[at + 2 + 2 * k]!);
      counts.push(flat[at + 3 + 2 * k]!);
    }
    at += 2 + 2 * length;
    yield { node: place >= 0 ? place : null, kind: place >= 0 ? null : -1 - place, classes, counts };
  }
}

/** Where states are written before they are cut to size. */
let written = new Int32Array(1 << 12);

/** A slot's place is its node's index, or −1 − kind; then the number of classes, then classes and counts. */
export function flatten(slots: Iterable<SlotContent>): Int32Array {
  let at = 0;
  for (const { node, kind, classes, counts } of slots) {
    if (at + 2 + 2 * classes.length > written.length) {
      const larger = new Int32Array(2 * (written.length + classes.length));
      larger.set(written);
      written = larger;
    }
    written[at++] = node ?? -1 - kind!;
    written[at++] = classes.length;
    for (let k = 0; k < classes.length; k++) {
      written[at++] = classes[k]!;
      written[at++] = counts[k]!;
    }
  }
  return written.slice(0, at);
}
