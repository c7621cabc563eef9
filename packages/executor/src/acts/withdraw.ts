import type { RunContext } from '../run/context.ts';
import type { RunAct } from '../run/run-state.ts';

/**
 * Undoes what moves have begun that were broken off, by a crash or because they took too long; no such move may be in
 * hand. Answers what could not be undone.
 */
export async function withdrawMoves(context: RunContext, step: string, acts: Iterable<RunAct>): Promise<string[]> {
  const { state, ports } = context;
  const left: string[] = [];
  const broken = new Map<string, RunAct>();
  for (const act of acts) {
    if (act.does.kind !== 'move' && act.does.kind !== 'withdraw') continue;
    const { id } = act.does.order;
    if (isBrokenOff(act) || (act.does.kind === 'withdraw' && act.outcome?.ok !== true)) broken.set(id, act);
    else broken.delete(id);
  }
  for (const { does } of broken.values()) {
    if (does.kind !== 'move' && does.kind !== 'withdraw') continue;
    const { order } = does;
    const { outcome } = await context.act(step, { kind: 'withdraw', order }, state.policy.run.limits.moveMs, (signal) =>
      ports.mover.withdraw(order, signal),
    );
    if (!outcome!.ok) {
      left.push(
        `what the move of ${order.pod.namespace}/${order.pod.name} has begun is not undone: ${outcome!.reason}`,
      );
    }
  }
  return left;
}

/** Any other refusal says that nothing has been done. */
function isBrokenOff({ does, outcome }: RunAct): boolean {
  return does.kind === 'move' && (outcome === null || (!outcome.ok && outcome.code === 'time-limit'));
}
