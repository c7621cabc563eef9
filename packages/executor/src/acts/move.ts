import type { PlanStep } from '@restow/model';
import type { ActOf } from '../journal/record.ts';
import type { LiveCluster } from '../ports/cluster-view.ts';
import type { NodeIdentity } from '../ports/node-marker.ts';
import { blocked, DONE, failed, overtaken, type RunContext, type StepResult } from '../run/context.ts';
import { isOfOwner, livePodOf } from '../run/names.ts';
import { lastOf, type RunAct } from '../run/run-state.ts';
import { checkRoom, type RoomFound } from './check-room.ts';
import { hold, letGo } from './hold.ts';
import { methodOf } from './method-of.ts';
import { landed, openFor } from './steer.ts';
import { hasStrayed, strays, verify } from './verify.ts';
import { withdrawMoves } from './withdraw.ts';

type Move = ActOf<'move'>;

/** A cluster that changes with every look is believed in the end. */
const MOST_LOOKS = 20;

/**
 * Takes one pod from its node to another: looks for room, holds the nodes where it must not land, moves it, and follows
 * what becomes of it until that is ready. A move that was begun before a crash is found again by its record.
 */
export async function move(context: RunContext, step: PlanStep): Promise<StepResult> {
  const { insteadOf } = step;
  if (insteadOf !== undefined && context.state.steps.get(insteadOf)?.state === 'done') return DONE;
  const earlier = await findEarlier(context, step);
  if (earlier !== null) return comeOut(context, step, earlier);
  const held: NodeIdentity[] = [];
  let released: Promise<void> | null = null;
  const release = () => {
    released ??= (async () => {
      landed(context, step.id);
      context.arrivals.delete(step.id);
      await letGo(context, step.id, held);
    })();
    return released;
  };
  try {
    const room = await makeRoom(context, step, held);
    if (room.state !== 'room') return room;
    const { minute, ports } = context;
    const used = () => blocked('the budget of moves per minute is used up', 'budget');
    // Asked before anything is opened: who opens a node and closes it again wakes all that wait for that, without end.
    if (!minute.has(ports.clock.now())) return used();
    const taken = await openFor(context, step, room.pod, room.to.name);
    if (taken !== null) return blocked(taken);
    if (!minute.take(ports.clock.now())) return used();
    return await comeOut(context, step, await begin(context, step, room, release), release);
  } finally {
    await release();
  }
}

async function comeOut(
  context: RunContext,
  step: PlanStep,
  moved: RunAct,
  release: () => Promise<void> = async () => {},
): Promise<StepResult> {
  const outcome = moved.outcome!;
  if (outcome.ok) return finish(context, step, moved, release);
  const { code, reason } = outcome;
  if (code === 'budget') return blocked(reason, 'budget');
  if (code === 'changed') return overtaken('pod-changed', reason);
  if (code === 'unfit') return overtaken('pod-stays', `${step.pod!.namespace}/${step.pod!.name} must stay: ${reason}`);
  if (code === 'time-limit') await withdrawMoves(context, step.id, context.state.actsOfStep.get(step.id) ?? []);
  return failed(code, reason);
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

async function begin(
  context: RunContext,
  step: PlanStep,
  { pod, from, to }: RoomFound,
  release: () => Promise<void>,
): Promise<RunAct> {
  const { state } = context;
  const { namespace, name, uid, owner } = pod;
  const live = await context.read();
  const siblings = live.snapshot.pods.filter((other) => isOfOwner(other, pod));
  const method = methodOf(step);
  const order = {
    id: `${state.runId}-${step.id}-${strays(state, step)}`,
    pod: { namespace, name, uid },
    owner: owner!,
    from: from.name,
    to: to.name,
    method,
  };
  const others = siblings.filter((other) => other.uid !== uid && live.readySince.has(other.uid));
  const stoodIn = method === 'surge' || (owner!.kind !== 'StatefulSet' && others.length > 0);
  return carry(context, step, { kind: 'move', order, known: siblings.map((other) => other.uid), stoodIn }, release);
}

/** By surge the old pod stops when the new one is ready, and a live move ends with that: it may take as long as that takes. */
async function carry(context: RunContext, step: PlanStep, does: Move, release: () => Promise<void>): Promise<RunAct> {
  const { limits } = context.state.policy.run;
  const { order } = does;
  const isWhole = order.method === 'surge' || order.method === 'live';
  const limitMs = isWhole ? limits.pendingMs + limits.readyMs + limits.moveMs : limits.moveMs;
  const onPlaced = (uid: string) => void releaseOnceSeen(context, uid, release);
  return context.act(step.id, does, limitMs, (signal) => context.ports.mover.move(order, signal, onPlaced));
}

/** Others may land once it is seen where this one has: until then its room would look free. */
async function releaseOnceSeen(context: RunContext, uid: string, release: () => Promise<void>): Promise<void> {
  const { pendingMs } = context.state.policy.run.limits;
  const isThere = (live: LiveCluster) => live.snapshot.pods.some((pod) => pod.uid === uid && pod.node !== null);
  try {
    await context.until(pendingMs, (live) => (isThere(live) ? true : null));
    await release();
  } catch {
    // The step itself meets whatever hinders this, the end of the run included, and says so.
  }
}

/** The last move of this step if the pod has left by it or is about to, whether or not that was recorded. */
async function findEarlier(context: RunContext, step: PlanStep): Promise<RunAct | null> {
  const { state } = context;
  const last = lastOf(state, step, ['move', 'withdraw']);
  // What came up elsewhere is moved again, from there.
  if (last?.does.kind !== 'move' || hasStrayed(state, step)) return null;
  if (last.outcome !== null) return last.outcome.ok ? last : null;
  const { order, known } = last.does;
  const { snapshot } = await context.read();
  const pod = snapshot.pods.find(({ uid }) => uid === order.pod.uid);
  const isUnderWay = () => {
    const successor = { namespace: order.pod.namespace, owner: order.owner };
    return (
      order.method === 'surge' && snapshot.pods.some((one) => isOfOwner(one, successor) && !known.includes(one.uid))
    );
  };
  if (pod !== undefined && !pod.terminating && !isUnderWay()) return null;
  return carry(context, step, last.does, async () => {});
}

async function finish(
  context: RunContext,
  step: PlanStep,
  moved: RunAct,
  release: () => Promise<void>,
): Promise<StepResult> {
  const last = lastOf(context.state, step, ['move', 'verify']);
  if (last?.does.kind === 'verify' && last.outcome?.ok === true) return DONE;
  // Once it has a node it can land nowhere else.
  return verify(context, step, moved, livePodOf(context.state, step.pod!)!, release);
}
