import type { PlanStep } from '@restow/model';
import { priceInPlan } from '../account/price-in-plan.ts';
import { DONE, failed, overtaken, type RunContext, type StepResult } from '../run/context.ts';
import { isGoing } from '../run/going.ts';
import { liveNodeOf } from '../run/names.ts';
import { podsLeft } from './drain.ts';

/** For so long a scheduler that has not heard of a cordon may still send pods to the node. */
const SCHEDULER_LAG_MS = 2000;

/** Gives an empty node back, if it is still that node, still cordoned and still empty at this moment. */
export async function remove(context: RunContext, step: PlanStep): Promise<StepResult> {
  const { state, ports } = context;
  const identity = liveNodeOf(state, step.node!);
  if (identity === null) return overtaken('node-gone', `node ${step.node} is not there`);
  const cordonedAt = state.cordoned.get(identity.name)?.at ?? 0;
  const early = cordonedAt + SCHEDULER_LAG_MS - ports.clock.now();
  if (early > 0) await ports.clock.sleep(early, context.signal);
  const live = await context.read();
  const node = live.snapshot.nodes.find(({ name }) => name === identity.name);
  const earlier = (state.actsOfStep.get(step.id) ?? []).filter(({ does }) => does.kind === 'remove');
  // A crash came before the step could be recorded as done; the node is counted once.
  if (earlier.some(({ outcome }) => outcome?.ok)) return DONE;
  const begun = earlier.length > 0;
  if (node === undefined && !begun) return overtaken('node-gone', `node ${identity.name} has gone by itself`);
  if (node !== undefined) {
    if (identity.uid !== '' && node.uid !== identity.uid) {
      return overtaken('node-gone', `node ${node.name} is another one than planned`);
    }
    if (!node.unschedulable) {
      return overtaken('node-uncordoned', `somebody has uncordoned node ${node.name}, so it is left alone`, node.name);
    }
    if (node.doNotDisrupt !== null && !isGoing(context, node.name)) {
      return overtaken('node-protected', `node ${node.name} is annotated ${node.doNotDisrupt}`, node.name);
    }
    const [left] = podsLeft(live, node.name);
    if (left !== undefined) {
      return overtaken('not-empty', `${left.namespace}/${left.name} has come to ${node.name}, which shall go`);
    }
  }
  const target = { name: identity.name, uid: node?.uid ?? identity.uid };
  const microsPerHour = node === undefined ? priceBefore(context, step) : priceInPlan(state.plan, ports.priceOf)(node);
  const { outcome } = await context.act(
    step.id,
    { kind: 'remove', node: target, microsPerHour },
    state.policy.run.limits.removeMs,
    (signal) => ports.nodes.remove(target, signal),
  );
  return outcome!.ok ? DONE : failed(`remove-${outcome!.code}`, outcome!.reason);
}

/**
 * Finds out what became of removals that a crash cut off: a node that is gone, or on its way, has been removed by the run.
 * One that stays is left to its step.
 */
export async function settleRemovals(context: RunContext): Promise<void> {
  const { state, ports } = context;
  const acts = [...state.acts.values()].flatMap(({ does, outcome, step }) =>
    does.kind === 'remove' ? [{ does, outcome, step }] : [],
  );
  const known = new Set(acts.flatMap(({ does, outcome }) => (outcome?.ok === true ? [does.node.uid] : [])));
  for (const { does, outcome, step } of acts) {
    if (outcome !== null || known.has(does.node.uid)) continue;
    const { snapshot } = await context.read();
    const node = snapshot.nodes.find(({ uid }) => uid === does.node.uid);
    if (node !== undefined && !node.deleting) continue;
    known.add(does.node.uid);
    await context.act(step, does, state.policy.run.limits.removeMs, (signal) => ports.nodes.remove(does.node, signal));
  }
}

/** The price that was recorded when the removal began, before a crash. */
function priceBefore({ state }: RunContext, step: PlanStep): number | null {
  for (const { does } of state.actsOfStep.get(step.id) ?? []) if (does.kind === 'remove') return does.microsPerHour;
  return null;
}
