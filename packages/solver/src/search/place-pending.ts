import { isWaitingRoom } from '../problem/waiting-rooms.ts';
import type { Guide } from './guide.ts';
import type { Packing } from './packing.ts';
import type { Random } from './random.ts';
import { openForPending, pendingOf, placeInSlots } from './rebuild.ts';

/**
 * Gives those who wait a node, moving nobody: on nodes that are there, else on new ones, for all of them together or, where
 * some find none, for each class by itself. Who finds none stays in the waiting room.
 */
export function placePending(packing: Packing, guide: Guide, random: Random): void {
  const { nodes, classes } = packing.problem;
  const rooms = nodes.flatMap(({ node, index }) => (isWaitingRoom(node.name) ? [index] : []));
  const others = nodes.flatMap(({ node, index }) => (isWaitingRoom(node.name) ? [] : [index]));
  const place = (some: readonly number[], mayLaunch: boolean) => {
    const waiting = new Map<number, number>();
    const left = new Map<number, number[]>();
    for (const slot of rooms) {
      const c = packing.classes(slot)[0];
      if (c === undefined || !some.includes(c)) continue;
      waiting.set(c, (waiting.get(c) ?? 0) + 1);
      left.set(c, [...(left.get(c) ?? []), slot]);
      packing.remove(slot, c, 1);
    }
    const pending = pendingOf(waiting, guide.worth);
    placeInSlots(
      packing,
      pending,
      () => others,
      () => false,
    );
    if (mayLaunch && openForPending(packing, pending, guide, [], 0, random, 0) === null) {
      packing.rollback();
      return false;
    }
    pending.classes.forEach((c, k) => {
      for (const slot of left.get(c)!.slice(0, pending.counts[k])) packing.add(slot, c, 1);
    });
    if (!packing.coupling.isSound()) {
      packing.rollback();
      return false;
    }
    packing.commit();
    return true;
  };
  const pending = classes.flatMap(({ index, isPending }) => (isPending ? [index] : []));
  if (pending.length === 0 || (guide.kinds.length > 0 && place(pending, true))) return;
  place(pending, false);
  if (guide.kinds.length > 0) for (const c of pending) place([c], true);
}
