import type { SnapshotPod } from '@restow/model';
import type { NodeKind, Problem } from '../problem/problem.ts';
import { Packing } from '../search/packing.ts';
import { flatten, type PackingState, type SlotContent } from '../search/packing-state.ts';
import type { Realisation } from './realise.ts';

/**
 * What a second plan, made from the end state of a first, means for the cluster from which the first was made: the same
 * placement as a state of the first problem. Null when it uses something that the first problem does not have.
 */
export function composeStates(
  first: Problem,
  second: Problem,
  realisation: Realisation,
  launchedBefore: ReadonlyMap<string, NodeKind>,
): PackingState | null {
  const classOf = new Map<string, number>();
  for (const { pods, index } of first.classes) for (const pod of pods) classOf.set(keyOf(pod), index);
  const indexOf = new Map(first.nodes.map(({ node, index }) => [node.name, index]));
  const kindOf = new Map(first.kinds.map((kind) => [kindKey(kind), kind.index]));
  const slots: SlotContent[] = [];
  const kinds = new Map(realisation.launched.map(({ slot, kind }) => [slot, kind]));
  for (const [slot, pods] of realisation.podsBySlot) {
    const name = slot < second.nodes.length ? second.nodes[slot]!.node.name : null;
    const index = name === null ? undefined : indexOf.get(name);
    const counts = new Map<number, number>();
    for (const pod of pods) {
      const c = classOf.get(keyOf(pod));
      if (c === undefined) return null;
      counts.set(c, (counts.get(c) ?? 0) + 1);
    }
    const content = { classes: [...counts.keys()], counts: [...counts.values()] };
    if (index !== undefined) {
      slots.push({ node: index, kind: null, ...content });
      continue;
    }
    const kind = name === null ? kinds.get(slot) : launchedBefore.get(name);
    const known = kind === undefined ? undefined : kindOf.get(kindKey(kind));
    if (known === undefined) return null;
    slots.push({ node: null, kind: known, ...content });
  }
  slots.sort((a, b) => (a.node ?? Number.POSITIVE_INFINITY) - (b.node ?? Number.POSITIVE_INFINITY) || 0);
  const packing = new Packing(first);
  packing.load({ flat: flatten(slots) });
  return packing.state();
}

function kindKey({ offering, zone, template }: NodeKind): string {
  return JSON.stringify([
    offering.instanceType,
    offering.capacityType,
    offering.arch,
    zone,
    template.name,
    offering.source,
  ]);
}

function keyOf(pod: SnapshotPod): string {
  return `${pod.namespace}/${pod.name}`;
}
