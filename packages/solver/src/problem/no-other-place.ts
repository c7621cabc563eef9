import type { Policy } from '@restow/model';
import { keepRefusal, keptOf, refusalsOfNode, type World } from '@restow/scheduling';
import type { NodeKind, PodClass, ProblemNode, Reasons } from './problem.ts';
import type { ShapeFacts } from './shapes.ts';
import { isWaitingRoom } from './waiting-rooms.ts';

const MOST_REASONS = 3;

/**
 * Pods that may move but have nowhere to go, whatever room there is: no other node and nothing that can be launched may
 * take them, by the rules on single nodes. By `namespace/name`, with what the others say, the most frequent first.
 */
export function reasonsWithoutPlace(
  classes: readonly PodClass[],
  nodes: readonly ProblemNode[],
  kinds: readonly Pick<NodeKind, 'shape'>[],
  shapes: readonly ShapeFacts[],
  eligible: readonly Uint8Array[],
  policy: Policy,
  world: World,
): Map<string, Reasons> {
  const result = new Map<string, Reasons>();
  const nodeOf = new Map(nodes.map((node) => [node.node.name, node]));
  for (const { index, pods } of classes) {
    if (kinds.some(({ shape }) => eligible[shape]![index] === 1)) continue;
    const takers = nodes.filter(({ shape, receives }) => receives && eligible[shape]![index] === 1);
    for (const pod of pods) {
      if (takers.some(({ node }) => node.name !== pod.node)) continue;
      const home = nodeOf.get(pod.node!)!;
      const kept = keptOf(pod, home.node, policy);
      const counts = new Map<string, number>();
      for (const [shape, facts] of shapes.entries()) {
        if (shape === home.shape) continue;
        const refusal = keepRefusal(kept, facts);
        const reasons = refusalsOfNode(pod, facts.view, world).map(({ rule, reason }) => `${rule}: ${reason}`);
        for (const reason of refusal === null ? reasons : [refusal]) counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
      const said = [...counts].sort(([, a], [, b]) => b - a).map(([reason]) => reason);
      const first = isWaitingRoom(pod.node!) ? 'no node may take it' : 'no other node may take it';
      result.set(`${pod.namespace}/${pod.name}`, [first, ...said.slice(0, MOST_REASONS)]);
    }
  }
  return result;
}
