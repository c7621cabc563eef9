import type { Method, PlanStep, SnapshotPod } from '@restow/model';
import type { Realisation } from '../order/realise.ts';
import type { Problem } from '../problem/problem.ts';

/**
 * The steps of a realisation as a graph. A move waits for its node to be ready, for every earlier move that makes room on
 * it, for an earlier move of the same pod, and, where rules couple nodes, for the coupled move before it; so any order
 * that respects the graph has a feasible state after each step.
 */
export function stepsOf(
  problem: Problem,
  realisation: Realisation,
  nameOf: (slot: number) => string,
  methodOf: (pod: SnapshotPod) => Method,
): PlanStep[] {
  const { moves, launched, removed } = realisation;
  const steps: PlanStep[] = [];
  const add = (step: Omit<PlanStep, 'id'>): string => {
    const id = `s${steps.length + 1}`;
    steps.push({ id, ...step });
    return id;
  };
  const ready = new Map<number, string>();
  for (const { slot } of launched) {
    const node = nameOf(slot);
    ready.set(slot, add({ kind: 'wait-ready', node, after: [add({ kind: 'launch', node, after: [] })] }));
  }
  const spares = launched.filter(({ spare }) => spare).map(({ slot }) => slot);
  const leaving = new Set([...removed, ...spares]);
  const lastArrival = new Map<number, number>();
  moves.forEach(({ to }, index) => {
    lastArrival.set(to, index);
  });
  const cordoned = new Map<number, string>();
  for (const slot of removed) {
    if (!lastArrival.has(slot)) cordoned.set(slot, add({ kind: 'cordon', node: nameOf(slot), after: [] }));
  }
  const outOf = new Map<number, string[]>();
  const into = new Map<number, string[]>();
  const lastOfPod = new Map<SnapshotPod, string>();
  let lastCoupled: string | null = null;
  moves.forEach(({ pod, podClass, from, to }, index) => {
    const { coupled } = problem.classes[podClass]!;
    const after = [
      ready.get(to),
      cordoned.get(from),
      ...(outOf.get(to) ?? []),
      lastOfPod.get(pod),
      coupled ? (lastCoupled ?? undefined) : undefined,
    ];
    const id = add({
      kind: 'move',
      node: nameOf(to),
      pod: { namespace: pod.namespace, name: pod.name, uid: pod.uid },
      method: methodOf(pod),
      after: [...new Set(after.filter((step) => step !== undefined))],
    });
    append(outOf, from, id);
    append(into, to, id);
    lastOfPod.set(pod, id);
    if (coupled) lastCoupled = id;
    if (leaving.has(to) && lastArrival.get(to) === index) {
      cordoned.set(to, add({ kind: 'cordon', node: nameOf(to), after: [...(into.get(to) ?? [])] }));
    }
  });
  for (const slot of leaving) {
    const node = nameOf(slot);
    const after = [...(cordoned.has(slot) ? [cordoned.get(slot)!] : []), ...(outOf.get(slot) ?? [])];
    add({ kind: 'remove', node, after: [add({ kind: 'drain', node, after })] });
  }
  return steps;
}

function append(map: Map<number, string[]>, key: number, value: string): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
