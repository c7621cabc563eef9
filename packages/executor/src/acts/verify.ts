import type { PlanStep, PodReference, SnapshotPod } from '@restow/model';
import type { ActOf, RecordedOutcome } from '../journal/record.ts';
import type { LiveCluster } from '../ports/cluster-view.ts';
import { blocked, DONE, failed, type RunContext, type StepResult } from '../run/context.ts';
import { isEvacuation, isGoing } from '../run/going.ts';
import { isOfOwner } from '../run/names.ts';
import { lastOf, type RunAct, type RunState } from '../run/run-state.ts';
import { acceptElsewhere } from './accept-elsewhere.ts';
import { putBack } from './put-back.ts';

type Move = ActOf<'move'>;

/** How often a pod that the scheduler put elsewhere is moved again before the rest is planned again. */
const MOST_STRAYS = 2;

/** How often what became of the step's pod has come up elsewhere than planned. */
export function strays(state: RunState, step: PlanStep): number {
  const acts = state.actsOfStep.get(step.id) ?? [];
  return acts.filter(({ does, outcome }) => does.kind === 'verify' && strayed(does, outcome)).length;
}

/** Whether the last move of the step has come to rest elsewhere than planned. */
export function hasStrayed(state: RunState, step: PlanStep): boolean {
  const last = lastOf(state, step, ['move', 'verify']);
  return last?.does.kind === 'verify' && strayed(last.does, last.outcome);
}

function strayed({ planned }: ActOf<'verify'>, outcome: RecordedOutcome | null): boolean {
  return outcome?.ok === true && outcome.landedOn !== undefined && outcome.landedOn !== planned;
}

/**
 * Follows a pod that has left its node: finds what replaces it, waits until that has a node and is ready, and compares
 * where it runs with the plan. What finds no place gets its old node back.
 */
export async function verify(
  context: RunContext,
  step: PlanStep,
  moved: RunAct,
  planned: PodReference,
  onPlaced: () => Promise<void>,
): Promise<StepResult> {
  const { state } = context;
  const { order } = moved.does as Move;
  const { limits } = state.policy.run;
  const { outcome } = await context.act(
    step.id,
    { kind: 'verify', moved: planned.uid, planned: order.to },
    limits.pendingMs + 2 * limits.readyMs,
    () => follow(context, step, moved, onPlaced),
  );
  if (!outcome!.ok) return failed(outcome!.code, outcome!.reason);
  const landedOn = outcome!.landedOn;
  if (landedOn === undefined || landedOn === order.to) return DONE;
  const accepted = await acceptElsewhere(context, step, landedOn);
  if (accepted.state !== 'overtaken' || strays(state, step) > MOST_STRAYS) return accepted;
  if (isEvacuation(state) && !isGoing(context, landedOn)) return DONE;
  // One more move of this pod costs less than planning everything again.
  return blocked(`${nameOf(order.pod)} went to ${landedOn}; it is moved again`);
}

async function follow(
  context: RunContext,
  step: PlanStep,
  moved: RunAct,
  onPlaced: () => Promise<void>,
): Promise<RecordedOutcome> {
  const { order, stoodIn } = moved.does as Move;
  const { limits } = context.state.policy.run;
  const deadline = context.ports.clock.now() + limits.pendingMs + limits.readyMs;
  for (;;) {
    let landed = await context.until(limits.pendingMs, (live) => claimPlaced(context, live, moved));
    if (landed === null) {
      await onPlaced();
      // The old node takes pods again, so that what was taken from it can come back.
      await putBack(context, step.id, order.from);
      landed = await context.until(limits.readyMs, (live) => claimPlaced(context, live, moved));
    }
    await onPlaced();
    if (landed === null) {
      return { ok: false, code: 'pending', reason: `${nameOf(order.pod)} was moved and what replaces it has no node` };
    }
    if (landed === 'unwanted') return { ok: true, pod: null };
    const { namespace, name, uid, node } = landed;
    const ready = await context.until(deadline - context.ports.clock.now(), ({ snapshot, readySince }) => {
      const at = readySince.get(uid);
      if (at !== undefined) return { at };
      return snapshot.pods.some((pod) => pod.uid === uid && !pod.terminating) ? null : 'gone';
    });
    if (ready === null) {
      return { ok: false, code: 'not-ready', reason: `${namespace}/${name} runs on ${node} and does not become ready` };
    }
    if (ready === 'gone') continue;
    const stoppedAt = (moved.outcome as { stoppedAt?: number }).stoppedAt ?? moved.at;
    const seen = (moved.outcome as { stallMs?: number }).stallMs;
    const stallMs = seen ?? (stoodIn ? 0 : Math.max(0, ready.at - stoppedAt));
    return { ok: true, pod: { namespace, name, uid }, landedOn: node!, stallMs };
  }
}

/** What a moved pod became, once it has a node, taken for this move alone; `unwanted` when its owner has as many as it wants without it. */
function claimPlaced({ claimed }: RunContext, live: LiveCluster, moved: RunAct): SnapshotPod | 'unwanted' | null {
  const { order, known } = moved.does as Move;
  const told = moved.outcome?.ok === true ? moved.outcome.pod : undefined;
  const before = new Set(known);
  const { pods, owners } = live.snapshot;
  const mine = pods.filter((pod) => isOfOwner(pod, { namespace: order.pod.namespace, owner: order.owner }));
  const fresh = mine.filter(
    ({ uid, name, terminating }) =>
      !before.has(uid) &&
      !claimed.has(uid) &&
      !terminating &&
      (told == null || told.uid === uid) &&
      (order.owner.kind !== 'StatefulSet' || name === order.pod.name),
  );
  const placed = fresh.filter(({ node }) => node !== null);
  const best = placed.find(({ node }) => node === order.to) ?? placed[0];
  if (best !== undefined) {
    claimed.add(best.uid);
    return best;
  }
  const replicas = owners.find(({ uid }) => uid === order.owner.uid)?.replicas ?? null;
  const running = mine.filter(({ terminating, uid }) => !terminating && uid !== order.pod.uid).length;
  return fresh.length === 0 && replicas !== null && running >= replicas ? 'unwanted' : null;
}

function nameOf({ namespace, name }: PodReference): string {
  return `${namespace}/${name}`;
}
