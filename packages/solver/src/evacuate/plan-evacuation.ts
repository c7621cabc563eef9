import {
  type Evacuation,
  InputError,
  type MovingRates,
  type Placement,
  type Plan,
  type SnapshotPod,
} from '@restow/model';
import { belongsToNode, matchesSelector, parseLabelSelector } from '@restow/scheduling';
import type { PlanRequest } from '../make-plan.ts';
import { predictMovement } from '../moving/movement.ts';
import { stakes } from '../moving/stake.ts';
import { statedPlan } from '../plan/stated-plan.ts';
import { withMeasuredMemory } from '../problem/measured-memory.ts';
import { byPriority, chooseOrder, inPodOrder, type Order } from './choose-order.ts';
import { type EvacuationRequest, evacuationPolicy, ratesOf } from './evacuation-request.ts';
import { evacuationSteps } from './evacuation-steps.ts';
import type { Evacuee } from './evacuee.ts';
import { evacueesOf, type Place } from './evacuees.ts';
import { expectedLoss } from './expected-loss.ts';
import { findPlaces } from './find-places.ts';
import { launchRoom } from './launch-room.ts';
import { type Limits, timetable } from './timetable.ts';

/** An agent moves so many at once, unless it is told otherwise. */
const USUAL_LIVE_AT_ONCE = 2;

/**
 * Gets the pods off nodes that are about to go: for each where to, by which method and in which order, so that what is
 * expected to be lost until each node's deadline is least. Room that is missing is launched at once, by `plan`. Throws
 * InputError where a node is not there, or the policy never touches it.
 */
export async function planEvacuation(
  asked: EvacuationRequest,
  plan: (request: PlanRequest) => Promise<Plan>,
): Promise<Plan> {
  const { nodes, now } = asked;
  const unknown = nodes.find(({ name }) => !asked.snapshot.nodes.some((node) => node.name === name));
  if (unknown !== undefined) throw new InputError(`there is no node ${unknown.name}`);
  const untouched = nodes.find(({ name }) => isNeverTouched(asked, name));
  if (untouched !== undefined) throw new InputError(`policy never touches node ${untouched.name} (neverTouch.nodes)`);
  const withinMs = (node: string) => Math.max(0, nodes.find(({ name }) => name === node)!.deadline - now);
  const longest = Math.max(...nodes.map(({ name }) => withinMs(name)));
  const going = new Set(nodes.map(({ name }) => name));
  const onGoing = (pod: SnapshotPod) => pod.node !== null && going.has(pod.node) && !belongsToNode(pod);
  const rates = ratesOf(asked);
  const atOnce = atOncePerOwner(asked, rates, asked.snapshot.pods.filter(onGoing));
  const policy = evacuationPolicy(asked.policy, rates, longest, atOnce);
  const request = withMeasuredMemory({ snapshot: asked.snapshot, book: asked.book, policy, effort: 'quick', seed: 1 });
  const { snapshot } = request;
  const worth = stakes(snapshot, policy);
  const pods = snapshot.pods.filter(onGoing);
  const asFacts = (placeOf: (pod: SnapshotPod) => Place | null) => ({ snapshot, policy, rates, withinMs, placeOf });
  // What must stay takes nobody's room.
  const anywhere = evacueesOf(
    pods,
    asFacts(() => ({ to: '', readyMs: 0 })),
  );
  const able = anywhere.filter(({ ways }) => ways.length > 0).map(({ pod }) => pod);
  const valuable = able.sort((one, other) => worth(other).interruptionMicros - worth(one).interruptionMicros);
  const found = findPlaces(snapshot, valuable, going, policy);
  const placed = new Map([...found].flatMap(([pod, to]) => (to === null ? [] : [[pod, to] as const])));
  const homeless = valuable.filter((pod) => !placed.has(pod));
  const launched = await launchRoom(request, going, placed, homeless, plan);
  const fresh = new Set(launched.nodes.map(({ name }) => name));
  const placeOf = (pod: SnapshotPod): Place | null => {
    const to = placed.get(pod) ?? launched.places.get(pod.uid);
    return to === undefined ? null : { to, readyMs: fresh.has(to) ? rates.launchMs : 0 };
  };
  const evacuees = evacueesOf(pods, asFacts(placeOf));
  const { podsAtOnce } = policy.run.budgets;
  const order = chooseOrder(evacuees, podsAtOnce, rates);
  const leaving = new Set(order.leaves.map(({ evacuee }) => evacuee.pod));
  const isEmptied = (node: string) => pods.every((pod) => pod.node !== node || leaving.has(pod));
  const movement = predictMovement(snapshot, policy);
  const limits = { liveAtOnce: USUAL_LIVE_AT_ONCE, podsAtOnce };
  const lossOf = (leaves: Order['leaves']) => Math.round(expectedLoss(evacuees, leaves, limits, rates));
  return statedPlan({
    // What was measured is counted in for placing alone: by these digests the run knows its prices again.
    snapshot: asked.snapshot,
    book: asked.book,
    policy,
    moves: order.leaves.map(({ evacuee, way }): Placement => {
      const { namespace, name, uid } = evacuee.pod;
      const { method, bytes } = evacuee.ways[way]!;
      const predicted = movement(evacuee.pod);
      const stallMs = method === predicted.method ? predicted.stallMs : policy.stall.evictMs;
      return { namespace, name, uid, node: evacuee.to!, from: evacuee.from, method, stallMs, movedBytes: bytes };
    }),
    launched: launched.nodes,
    removed: new Set(nodes.filter(({ name, remove }) => remove && isEmptied(name)).map(({ name }) => name)),
    steps: evacuationSteps(nodes, launched.nodes, order, isEmptied),
    evacuation: {
      nodes: nodes.map(({ name, deadline }) => {
        const { capacityType } = snapshot.nodes.find((node) => node.name === name)!;
        return { name, deadline: new Date(deadline).toISOString(), capacityType };
      }),
      liveAtOnce: order.liveAtOnce,
      pods: describe(evacuees, order, { liveAtOnce: order.liveAtOnce, podsAtOnce }, rates),
      expectedLossMicros: {
        planned: Math.round(order.lossMicros),
        podOrder: lossOf(inPodOrder(evacuees)),
        priorityOrder: lossOf(byPriority(evacuees)),
        nothing: lossOf([]),
      },
    },
    effort: 'quick',
    createdAt: new Date(now),
  });
}

/** Whether the policy says that nothing leaves a node, whatever becomes of it. */
export function isNeverTouched(
  { snapshot, policy }: Pick<EvacuationRequest, 'snapshot' | 'policy'>,
  name: string,
): boolean {
  const labels = snapshot.nodes.find((node) => node.name === name)?.labels ?? {};
  return policy.neverTouch.nodes.some((text) => matchesSelector(parseLabelSelector(text), labels));
}

/** As many as it takes for all of an owner's pods to have their turn in time. */
function atOncePerOwner(
  { nodes, now, policy }: EvacuationRequest,
  { startMs, stopMs }: MovingRates,
  pods: readonly SnapshotPod[],
): number {
  const turns = (node: string) => {
    const leftMs = nodes.find(({ name }) => name === node)!.deadline - now - policy.evacuation.marginMs;
    return Math.max(1, Math.floor(leftMs / (startMs + stopMs)));
  };
  const needed = new Map<string, number>();
  for (const { owner, uid, node } of pods) {
    const key = owner?.uid ?? uid;
    needed.set(key, (needed.get(key) ?? 0) + 1 / turns(node!));
  }
  return Math.max(policy.run.budgets.podsAtOncePerOwner, ...[...needed.values()].map((count) => Math.ceil(count)));
}

function describe(
  evacuees: readonly Evacuee[],
  { leaves }: Order,
  limits: Limits,
  rates: MovingRates,
): Evacuation['pods'] {
  const times = timetable(leaves, limits, rates, 1);
  const going = leaves.map(({ evacuee, way }, index) => {
    const { method, lossMicros } = evacuee.ways[way]!;
    const { beginMs, endMs, inTime } = times[index]!;
    return {
      ...common(evacuee),
      method,
      to: evacuee.to,
      lossMicros: inTime ? lossMicros : evacuee.stayLossMicros,
      beginMs: Math.round(beginMs),
      endMs: Math.round(endMs),
      reasons: [
        ...(way === 0 ? [] : [`${evacuee.ways[0]!.method} would not be over in time, or would keep others from it`]),
        ...(inTime ? [] : ['its turn may come too late']),
      ],
    };
  });
  const inOrder = new Set(leaves.map(({ evacuee }) => evacuee));
  const staying = evacuees
    .filter((evacuee) => !inOrder.has(evacuee))
    .map((evacuee) => ({
      ...common(evacuee),
      method: 'stay' as const,
      to: null,
      lossMicros: evacuee.stayLossMicros,
      beginMs: null,
      endMs: null,
      reasons: evacuee.ways.length > 0 ? ['nothing is gained by moving it'] : [...evacuee.reasons],
    }));
  return [...going, ...staying];
}

function common({ pod, from, interruptionMicros }: Evacuee) {
  const { namespace, name, uid } = pod;
  return { namespace, name, uid, from, interruptionMicros };
}
