import type { NodeIdentity } from '../ports/node-marker.ts';
import type { RunContext } from '../run/context.ts';
import type { Ending } from '../run/run-state.ts';

/** Nodes whose removal was broken off and that stay after all keep no trace of it. Answers what could not be undone. */
export async function keepUnremoved(context: RunContext, step: string): Promise<string[]> {
  const left: string[] = [];
  for (const act of [...context.state.endings.values()]) {
    if (!isBrokenOff(act)) continue;
    const { node } = act.does;
    const refused = await keep(context, step, node);
    if (refused !== null) left.push(`the removal of node ${node.name} is not undone: ${refused.reason}`);
  }
  return left;
}

/**
 * Why no pod may come to a node any more: its removal took too long, or was cut off, and cannot be undone. null: it can
 * be used, and nothing of a removal is left.
 */
export async function whyOnItsWay(context: RunContext, step: string, { uid }: NodeIdentity): Promise<string | null> {
  const last = context.state.endings.get(uid);
  if (last === undefined) return null;
  const known = last.does.kind === 'keep' && last.outcome?.ok === false ? last.outcome : null;
  const refused = isBrokenOff(last) ? await keep(context, step, last.does.node) : known;
  return refused?.code === 'going' ? refused.reason : null;
}

function isBrokenOff({ does, outcome }: Ending): boolean {
  return does.kind === 'remove' && (outcome === null || (!outcome.ok && outcome.code === 'time-limit'));
}

async function keep(context: RunContext, step: string, node: NodeIdentity) {
  const { state, ports } = context;
  const { outcome } = await context.act(step, { kind: 'keep', node }, state.policy.run.limits.removeMs, (signal) =>
    ports.nodes.keep(node, signal),
  );
  return outcome!.ok ? null : outcome!;
}
