import type { RunContext } from '../run/context.ts';
import { liveNodeOf } from '../run/names.ts';
import { uncordonNode } from './cordon.ts';

/**
 * A node that was being emptied takes pods again and waits for another turn. That it waits is recorded first: a crash in
 * between leaves it cordoned and due to be cordoned, which is harmless; the other way round it would look as if somebody
 * else had uncordoned it.
 */
export async function putBack(context: RunContext, step: string, name: string): Promise<void> {
  const { state, ports } = context;
  const cordoned = state.cordoned.get(name);
  if (cordoned === undefined) return;
  for (const { step: other, state: at } of state.steps.values()) {
    if (other.kind !== 'cordon' || at !== 'done' || liveNodeOf(state, other.node!)?.name !== name) continue;
    await context.record({ type: 'step', at: ports.clock.now(), step: other.id, state: 'waiting' });
  }
  await uncordonNode(context, step, cordoned.node);
}
