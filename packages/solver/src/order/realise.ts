import type { SnapshotPod } from '@restow/model';
import type { NodeKind, Problem } from '../problem/problem.ts';
import { Packing } from '../search/packing.ts';
import { type PackingState, slotsOf } from '../search/packing-state.ts';
import { assignPods } from './assign-pods.ts';

/** One move in its turn, between slots of the realisation's packing. */
export interface OrderedMove {
  readonly pod: SnapshotPod;
  readonly podClass: number;
  readonly from: number;
  readonly to: number;
}

/** A packing with an order of moves that leads there, each feasible when its turn comes. */
export interface Realisation {
  /** Pods that wait for a node come to one by a move too. */
  readonly moves: readonly OrderedMove[];
  /** Of pods that have a node. */
  readonly numberOfMoves: number;
  /** Slots of launched nodes that are used, in the order of launching. */
  readonly launched: readonly { readonly slot: number; readonly kind: NodeKind; readonly spare: boolean }[];
  /** Slots that exist and are empty at the end. */
  readonly removed: readonly number[];
  /** Pods by slot at the end, for every slot that is open then. */
  readonly podsBySlot: ReadonlyMap<number, readonly SnapshotPod[]>;
  readonly microsPerHour: number;
  /** What pods cost besides, where they are in the end. */
  readonly podMicrosPerHour: number;
  /** Every move that the state asked for is made. */
  readonly complete: boolean;
}

/** Temporary places that one realisation may try, so that a knot that cannot be undone ends. */
const DETOUR_TRIALS = 500_000;

/**
 * Orders the moves so that each finds room and every rule kept: what can go goes, again and again; when nothing can, a
 * pod that is in the way goes to a temporary place, on a node that is there or on a spare one. What still cannot move
 * stays, which is a valid state too, only a dearer one.
 */
export function realise(problem: Problem, state: PackingState): Realisation {
  const packing = new Packing(problem);
  const slots = new Map<number, number>();
  const launched: { slot: number; kind: NodeKind; spare: boolean }[] = [];
  for (const { index } of problem.nodes) slots.set(index, index);
  for (const { kind } of slotsOf(state)) {
    if (kind === null) continue;
    const slot = packing.launch(problem.kinds[kind]!);
    slots.set(problem.nodes.length + launched.length, slot);
    launched.push({ slot, kind: problem.kinds[kind]!, spare: false });
  }
  packing.commit();
  let waiting: OrderedMove[] = assignPods(problem, state).map((move) => ({
    pod: move.pod,
    podClass: move.podClass,
    from: move.from,
    to: slots.get(move.to)!,
  }));
  const done: OrderedMove[] = [];
  let detours = 0;
  const budget = { left: DETOUR_TRIALS };
  while (waiting.length > 0) {
    const blocked: OrderedMove[] = [];
    for (const move of waiting) if (!step(packing, move, done)) blocked.push(move);
    if (blocked.length < waiting.length) {
      waiting = blocked;
      continue;
    }
    const detour = detours < problem.classes.length + 64 ? makeDetour(packing, blocked, launched, done, budget) : null;
    if (detour === null) break;
    detours++;
    waiting = detour;
  }
  return summarise(packing, launched, done, waiting.length === 0);
}

function step(packing: Packing, move: OrderedMove, done: OrderedMove[]): boolean {
  packing.remove(move.from, move.podClass, 1);
  if (
    mayArrive(packing, move.to, move.podClass) &&
    packing.tryAdd(move.to, move.podClass, 1) === 1 &&
    packing.coupling.isSound()
  ) {
    packing.commit();
    done.push(move);
    return true;
  }
  packing.rollback();
  return false;
}

/** `room` lets a class come back to where it was; here it is another pod that comes, so the rules decide. */
function mayArrive(packing: Packing, slot: number, c: number): boolean {
  if (!packing.isExisting(slot)) return true;
  const node = packing.node(slot);
  return node.receives && packing.problem.eligible[node.shape]![c] === 1;
}

/** Moves one blocked pod out of the way; returns what still waits, or null when no pod can be moved out of the way. */
function makeDetour(
  packing: Packing,
  blocked: readonly OrderedMove[],
  launched: { slot: number; kind: NodeKind; spare: boolean }[],
  done: OrderedMove[],
  budget: { left: number },
): OrderedMove[] | null {
  const targets = new Set(blocked.map(({ to }) => to));
  const inTheWay = blocked.filter(({ from }) => targets.has(from));
  const divert = (move: OrderedMove, slot: number): OrderedMove[] | null => {
    if (--budget.left < 0) return null;
    if (slot === move.from || slot === move.to || !step(packing, { ...move, to: slot }, done)) return null;
    return blocked.map((other) => (other === move ? { ...move, from: slot } : other));
  };
  for (const move of inTheWay) {
    for (let slot = 0; slot < packing.slots; slot++) {
      if (!packing.isOpen(slot) || targets.has(slot)) continue;
      const rest = divert(move, slot);
      if (rest !== null) return rest;
    }
  }
  for (const move of inTheWay) {
    for (const kind of packing.problem.kinds) {
      if (!kind.usable || packing.problem.eligible[kind.shape]![move.podClass] !== 1 || !packing.mayOpenKind(kind))
        continue;
      const slot = packing.launch(kind);
      packing.commit();
      const rest = divert(move, slot);
      if (rest !== null) {
        launched.push({ slot, kind, spare: true });
        return rest;
      }
      packing.close(slot);
      packing.commit();
    }
  }
  return null;
}

function summarise(
  packing: Packing,
  launched: readonly { slot: number; kind: NodeKind; spare: boolean }[],
  done: readonly OrderedMove[],
  complete: boolean,
): Realisation {
  const { problem } = packing;
  const removed: number[] = [];
  for (const { index } of problem.nodes) {
    if (packing.pods(index) > 0 || !packing.isRemovable(index)) continue;
    removed.push(index);
    packing.close(index);
  }
  const touched = new Set(done.map(({ to }) => to));
  for (const { slot } of launched) if (packing.pods(slot) === 0) packing.close(slot);
  const place = new Map<SnapshotPod, number>();
  const placeOf = new Map(problem.nodes.map(({ node, index }) => [node.name, index]));
  for (const { pods } of problem.classes) for (const pod of pods) place.set(pod, placeOf.get(pod.node!)!);
  for (const { pod, to } of done) place.set(pod, to);
  const podsBySlot = new Map<number, SnapshotPod[]>();
  for (let slot = 0; slot < packing.slots; slot++) if (packing.isOpen(slot)) podsBySlot.set(slot, []);
  for (const [pod, slot] of place) podsBySlot.get(slot)!.push(pod);
  return {
    moves: done,
    numberOfMoves: done.filter(({ podClass }) => !problem.classes[podClass]!.isPending).length,
    launched: launched.filter(({ slot }) => touched.has(slot)),
    removed,
    podsBySlot,
    microsPerHour: packing.microsPerHour,
    podMicrosPerHour: packing.podMicrosPerHour,
    complete,
  };
}
