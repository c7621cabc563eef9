import type { PlanStep } from '@restow/model';
import type { ActOf } from '../journal/record.ts';
import type { NodeIdentity } from '../ports/node-marker.ts';
import { blocked, DONE, failed, overtaken, type RunContext, type StepResult } from '../run/context.ts';
import { isOfOwner, livePodOf } from '../run/names.ts';
import { lastOf, type RunAct } from '../run/run-state.ts';
import { checkRoom, type RoomFound } from './check-room.ts';
import { hold, letGo } from './hold.ts';
import { landed, openFor } from './steer.ts';
import { hasStrayed, strays, verify } from './verify.ts';

type Move = ActOf<'move'>;

/** A cluster that changes with every look is believed in the end. */
const MOST_LOOKS = 20;

/**
 * Takes one pod from its node to another: looks for room, holds the nodes where it must not land, moves it, and follows
 * what becomes of it until that is ready. A move that was begun before a crash is found again by its record.
 */
export async function move(context: RunContext, step: PlanStep): Promise<StepResult> {
  const earlier = await findEarlier(context, step);
  if (earlier !== null) return finish(context, step, earlier);
  const held: NodeIdentity[] = [];
  try {
    const room = await makeRoom(context, step, held);
    if (room.state !== 'room') return room;
    const taken = await openFor(context, step.id, room.pod, room.to.name);
    if (taken !== null) return blocked(taken);
    if (context.minute.take(context.ports.clock.now()) !== null)
      return blocked('the budget of moves per minute is used up', 'budget');
    const begun = await begin(context, step, room);
    if (begun.outcome!.ok) return await finish(context, step, begun, held);
    const { code, reason } = begun.outcome!;
    if (code === 'budget') return blocked(reason, 'budget');
    return code === 'changed' ? overtaken('pod-changed', reason) : failed(code, reason);
  } finally {
    landed(context, step.id);
    context.arrivals.delete(step.id);
    await letGo(context, step.id, held);
  }
}

/** Checks again after every hold, because holding takes time; the check just before the move is the one that counts. */
async function makeRoom(context: RunContext, step: PlanStep, held: NodeIdentity[]): Promise<RoomFound | StepResult> {
  for (let looks = 1; ; looks++) {
    const live = await context.read();
    const room = checkRoom(context, live, step);
    // What has come meanwhile may be the run's own doing.
    const isOld = room.state === 'overtaken' && (await context.read()).version !== live.version;
    if (isOld && looks < MOST_LOOKS) continue;
    if (room.state !== 'room') return room;
    context.arrivals.set(step.id, { pod: room.pod, to: room.to.name });
    if (room.hold.length === 0) return room;
    for (const node of room.hold) {
      held.push(node);
      const refused = await hold(context, step.id, node);
      if (refused !== null) return blocked(`${node.name} cannot be held: ${refused}`);
    }
  }
}

async function begin(context: RunContext, step: PlanStep, { pod, from, to }: RoomFound): Promise<RunAct> {
  const { state, ports } = context;
  const { namespace, name, uid, owner } = pod;
  const live = await context.read();
  const siblings = live.snapshot.pods.filter((other) => isOfOwner(other, pod));
  const order = {
    id: `${state.runId}-${step.id}-${strays(state, step)}`,
    pod: { namespace, name, uid },
    owner: owner!,
    from: from.name,
    to: to.name,
    method: step.method ?? 'evict',
  };
  const others = siblings.filter((other) => other.uid !== uid && live.readySince.has(other.uid));
  const stoodIn = owner!.kind !== 'StatefulSet' && others.length > 0;
  const does: Move = { kind: 'move', order, known: siblings.map((other) => other.uid), stoodIn };
  return context.act(step.id, does, state.policy.run.limits.moveMs, (signal) => ports.mover.move(order, signal));
}

/** The last move of this step if the pod has left by it, whether or not that was recorded. */
async function findEarlier(context: RunContext, step: PlanStep): Promise<RunAct | null> {
  const { state, ports } = context;
  const last = lastOf(state, step, ['move']);
  // What came up elsewhere is moved again, from there.
  if (last === undefined || hasStrayed(state, step)) return null;
  if (last.outcome !== null) return last.outcome.ok ? last : null;
  const { order, known, stoodIn } = last.does as Move;
  const live = await context.read();
  const pod = live.snapshot.pods.find(({ uid }) => uid === order.pod.uid);
  if (pod !== undefined && !pod.terminating) return null;
  const does: Move = { kind: 'move', order, known, stoodIn };
  const again = await context.act(step.id, does, state.policy.run.limits.moveMs, (signal) =>
    ports.mover.move(order, signal),
  );
  return again.outcome!.ok ? again : null;
}

async function finish(
  context: RunContext,
  step: PlanStep,
  moved: RunAct,
  held: NodeIdentity[] = [],
): Promise<StepResult> {
  const last = lastOf(context.state, step, ['move', 'verify']);
  if (last?.does.kind === 'verify' && last.outcome?.ok === true) return DONE;
  const planned = livePodOf(context.state, step.pod!)!;
  return verify(context, step, moved, planned, async () => {
    // Once it has a node it can land nowhere else.
    landed(context, step.id);
    context.arrivals.delete(step.id);
    await letGo(context, step.id, held.splice(0));
  });
}
