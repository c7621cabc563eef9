import type { PlanStep } from '@restow/model';
import type { NodeIdentity } from '../ports/node-marker.ts';
import { DONE, failed, overtaken, type RunContext, type StepResult } from '../run/context.ts';
import { isGoing } from '../run/going.ts';
import { liveNodeOf } from '../run/names.ts';
import { whyOnItsWay } from './keep.ts';
import { untilNode } from './until-node.ts';

const CORDON_MS = 60_000;

/** It is a node's turn to be emptied: it takes no more pods. */
export async function cordon(context: RunContext, step: PlanStep): Promise<StepResult> {
  const live = await context.read();
  const identity = liveNodeOf(context.state, step.node!);
  const node = identity === null ? undefined : live.snapshot.nodes.find(({ name }) => name === identity.name);
  if (node === undefined || (identity!.uid !== '' && node.uid !== identity!.uid)) {
    return overtaken('node-gone', `node ${step.node} is not there any more`);
  }
  if (node.doNotDisrupt !== null && !isGoing(context, node.name)) {
    return overtaken('node-protected', `node ${node.name} is annotated ${node.doNotDisrupt}`, node.name);
  }
  const refused = await cordonNode(context, step.id, node, node.unschedulable, 'empty');
  return refused === null ? DONE : failed('cordon', refused);
}

/** Cordons, and says why that could not be done. Whoever cordoned a node first keeps it cordoned. */
export async function cordonNode(
  context: RunContext,
  step: string,
  { name, uid }: NodeIdentity,
  unschedulable: boolean,
  purpose: 'empty' | 'hold',
): Promise<string | null> {
  const before = context.state.cordoned.get(name);
  const wasCordoned = before?.wasCordoned ?? unschedulable;
  const node = { name, uid };
  const { outcome } = await context.act(
    step,
    { kind: 'cordon', node, purpose, wasCordoned },
    CORDON_MS,
    async (signal) => {
      const answer = await context.ports.marker.cordon(node, signal);
      if (!answer.ok) return answer;
      // What comes next looks at the cluster, so it must be seen there.
      return (await untilNode(context, name, ({ unschedulable: is }) => is))
        ? { ok: true }
        : { ok: false, code: 'undone', reason: `node ${name} does not stay cordoned` };
    },
  );
  return outcome!.ok ? null : outcome!.reason;
}

/** Lets a node take pods again, unless somebody else had cordoned it or it is on its way out. Says why that could not be done. */
export async function uncordonNode(
  context: RunContext,
  step: string,
  { name, uid }: NodeIdentity,
): Promise<string | null> {
  const going = await whyOnItsWay(context, step, { name, uid });
  if (going !== null) return going;
  if (isGoing(context, name)) return 'it is about to go';
  const leave = context.state.cordoned.get(name)?.wasCordoned ?? false;
  const node = { name, uid };
  const { outcome } = await context.act(step, { kind: 'uncordon', node }, CORDON_MS, async (signal) => {
    if (leave) return { ok: true };
    const answer = await context.ports.marker.uncordon(node, signal);
    // A node that is gone needs no uncordoning.
    if (!answer.ok) return answer.code === 'gone' ? { ok: true } : answer;
    await untilNode(context, name, ({ unschedulable }) => !unschedulable);
    return { ok: true };
  });
  return outcome!.ok ? null : outcome!.reason;
}
