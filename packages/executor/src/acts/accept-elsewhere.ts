import { type PlanStep, podFingerprint } from '@restow/model';
import { DONE, overtaken, type RunContext, type StepResult } from '../run/context.ts';
import { liveNodeOf, livePodOf } from '../run/names.ts';
import { planRest, waitingMoves } from '../run/rest.ts';

/**
 * The scheduler put a pod elsewhere than planned. That is as good when a pod like it was going there and can go where
 * this one was meant to, or when all that is left to do can still be done, if need be with other targets.
 */
export async function acceptElsewhere(context: RunContext, step: PlanStep, landedOn: string): Promise<StepResult> {
  const { state, ports } = context;
  const live = await context.read();
  const pods = new Map(live.snapshot.pods.map((pod) => [pod.uid, pod]));
  const me = pods.get(livePodOf(state, step.pod!)?.uid ?? '');
  if (me === undefined) return DONE;
  const mine = podFingerprint(me);
  const meant = state.targets.get(step.id) ?? step.node!;
  for (const other of waitingMoves(context)) {
    const target = state.targets.get(other.id) ?? other.node!;
    const pod = pods.get(livePodOf(state, other.pod!)?.uid ?? '');
    if (pod === undefined || liveNodeOf(state, target)?.name !== landedOn || podFingerprint(pod) !== mine) continue;
    await context.record({ type: 'retargeted', at: ports.clock.now(), moves: [{ step: other.id, to: meant }] });
    return DONE;
  }
  const rest = planRest(context, live);
  if (!rest.ok) {
    return overtaken('elsewhere', `${me.namespace}/${me.name} went to ${landedOn} instead of ${meant}: ${rest.reason}`);
  }
  if (rest.moves.length > 0) await context.record({ type: 'retargeted', at: ports.clock.now(), moves: rest.moves });
  return DONE;
}
