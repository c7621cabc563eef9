import type { NodeIdentity } from '../ports/node-marker.ts';
import type { RunContext } from '../run/context.ts';
import { cordonNode, uncordonNode } from './cordon.ts';

/** Cordons a node for as long as one pod is on its way; several moves may hold one node. */
export async function hold(context: RunContext, step: string, node: NodeIdentity): Promise<string | null> {
  await context.lettingGo.get(node.name);
  const count = context.holds.get(node.name) ?? 0;
  context.holds.set(node.name, count + 1);
  return count > 0 || context.state.cordoned.has(node.name) ? null : cordonNode(context, step, node, false, 'hold');
}

export async function letGo(context: RunContext, step: string, nodes: readonly NodeIdentity[]): Promise<void> {
  for (const node of nodes) {
    const count = (context.holds.get(node.name) ?? 1) - 1;
    if (count > 0) {
      context.holds.set(node.name, count);
      continue;
    }
    context.holds.delete(node.name);
    if (context.state.cordoned.get(node.name)?.purpose !== 'hold') continue;
    const done = uncordonNode(context, step, node).finally(() => context.lettingGo.delete(node.name));
    // Until it is seen to be done it looks as if somebody else had cordoned the node.
    context.lettingGo.set(node.name, done);
    await done;
  }
}
