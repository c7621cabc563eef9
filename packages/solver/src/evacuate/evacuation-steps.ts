import type { PlanStep, TargetNode } from '@restow/model';
import type { Order } from './choose-order.ts';
import type { GoingNode } from './evacuation-request.ts';

/**
 * An order as steps. Every node is cordoned and every launch ordered at once; of the live moves of one node so many are
 * under way as the order says; what is moved live or by surge is evicted where that comes to nothing.
 */
export function evacuationSteps(
  nodes: readonly GoingNode[],
  launched: readonly TargetNode[],
  { leaves, liveAtOnce }: Order,
  isEmptied: (node: string) => boolean,
): PlanStep[] {
  const steps: PlanStep[] = [];
  const add = (step: Omit<PlanStep, 'id'>): string => {
    const id = `e${steps.length + 1}`;
    steps.push({ id, ...step });
    return id;
  };
  const cordoned = new Map(nodes.map(({ name }) => [name, add({ kind: 'cordon', node: name, after: [] })]));
  const ready = new Map(
    launched.map(({ name }) => [
      name,
      add({ kind: 'wait-ready', node: name, after: [add({ kind: 'launch', node: name, after: [] })] }),
    ]),
  );
  const live = new Map<string, string[]>();
  const outOf = new Map<string, string[]>();
  for (const { evacuee, way } of leaves) {
    const { pod, from, to, ways } = evacuee;
    const { namespace, name, uid } = pod;
    const reference = { namespace, name, uid };
    const { method } = ways[way]!;
    const before = listOf(live, from);
    const after = [cordoned.get(from), ready.get(to!), method === 'live' ? before.at(-liveAtOnce) : undefined];
    const id = add({
      kind: 'move',
      node: to!,
      pod: reference,
      method,
      after: after.filter((step) => step !== undefined),
    });
    if (method === 'live') before.push(id);
    listOf(outOf, from).push(id);
    const last = ways.at(-1)!.method;
    if (last === method) continue;
    listOf(outOf, from).push(
      add({ kind: 'move', node: to!, pod: reference, method: last, after: [id], insteadOf: id }),
    );
  }
  for (const { name, remove } of nodes) {
    if (!remove || !isEmptied(name)) continue;
    const drained = add({ kind: 'drain', node: name, after: [cordoned.get(name)!, ...listOf(outOf, name)] });
    add({ kind: 'remove', node: name, after: [drained] });
  }
  return steps;
}

function listOf(map: Map<string, string[]>, key: string): string[] {
  let list = map.get(key);
  if (list === undefined) {
    list = [];
    map.set(key, list);
  }
  return list;
}
