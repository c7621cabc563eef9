import type { PriceBook, Snapshot } from '@restow/model';
import { PriceLookup } from '@restow/pricing';
import { healthyOf } from './budgets.ts';
import { type Fault, isTimed } from './faults.ts';
import { scheduleSpot } from './nodes.ts';
import { isDaemon } from './pods.ts';
import { World } from './world.ts';
import type { WorldBehaviour, WorldBudget, WorldNode, WorldOwner, WorldPod, WorldState } from './world-state.ts';

export interface WorldRequest {
  readonly snapshot: Snapshot;
  readonly book: PriceBook;
  readonly seed: number;
  readonly faults: readonly Fault[];
  readonly behaviour: Partial<WorldBehaviour>;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
}

export const DEFAULT_BEHAVIOUR: WorldBehaviour = {
  launchMs: [30_000, 60_000],
  podStartMs: [2000, 8000],
  podStopMs: [500, 3000],
  volumeMs: 10_000,
  removeMs: [5000, 20_000],
  schedulerMs: 50,
  schedulerNoise: 0,
  steers: true,
  autoscaler: null,
  spot: null,
};

/** A simulation that starts from this cluster, with every pod that has a node running and ready. */
export function createWorld(request: WorldRequest): World {
  const { snapshot, book, seed, faults, startedAt } = request;
  const prices = new PriceLookup(book);
  const nodes = new Map<string, WorldNode>();
  for (const node of snapshot.nodes) {
    const microsPerHour = prices.priceOf(node)?.microsPerHour ?? null;
    nodes.set(node.name, { node, microsPerHour, createdAt: startedAt, token: null, emptySince: null });
  }
  const pods = new Map<string, WorldPod>();
  for (const pod of snapshot.pods) {
    const readySince = pod.node === null ? null : startedAt;
    pods.set(pod.uid, { pod, readySince, createdAt: startedAt, wanted: null, unschedulableSince: null });
  }
  const owners = ownersOf(snapshot);
  const state: WorldState = {
    seed,
    startedAt,
    now: startedAt,
    version: 1,
    counter: 0,
    behaviour: { ...DEFAULT_BEHAVIOUR, ...request.behaviour },
    base: snapshot,
    offerings: book.offerings,
    nodes,
    pods,
    owners,
    names: namesOf(snapshot),
    vacancies: new Map(),
    budgets: snapshot.podDisruptionBudgets.map((budget): WorldBudget => {
      if (budget.disruptionsAllowed === null) return { ...budget, minimum: null };
      const healthy = healthyOf({ ...budget, minimum: 0 }, pods);
      return { ...budget, minimum: Math.max(0, healthy - budget.disruptionsAllowed) };
    }),
    orders: new Map(),
    gone: new Map(),
    stopped: new Map(),
    surges: new Map(),
    faults: faults.filter((fault) => !isTimed(fault)).map((fault) => ({ fault, left: fault.times })),
    events: [],
    notices: [],
    noSpot: [],
    outageUntil: 0,
    log: [],
    paid: 0n,
  };
  const world = new World(state);
  for (const fault of faults) if (isTimed(fault)) world.at({ kind: 'fault', fault }, fault.afterMs);
  for (const { node } of [...nodes.values()]) scheduleSpot(world, node.name);
  world.at({ kind: 'schedule' }, 0);
  if (state.behaviour.autoscaler !== null) world.at({ kind: 'autoscale' }, state.behaviour.autoscaler.afterMs);
  return world;
}

/** Who makes pods again, and how many it wants: as many as it has. */
function ownersOf(snapshot: Snapshot): Map<string, WorldOwner> {
  const owners = new Map<string, WorldOwner>();
  for (const pod of snapshot.pods) {
    if (pod.owner === null || isDaemon(pod) || pod.terminating) continue;
    const known = owners.get(pod.owner.uid);
    const replicas = (known?.replicas ?? 0) + 1;
    const template = known?.template ?? { ...pod, node: null };
    owners.set(pod.owner.uid, { reference: pod.owner, namespace: pod.namespace, replicas, template });
  }
  return owners;
}

function namesOf(snapshot: Snapshot): Map<string, string[]> {
  const names = new Map<string, string[]>();
  for (const { owner, name } of snapshot.pods) {
    if (owner?.kind === 'StatefulSet') names.set(owner.uid, [...(names.get(owner.uid) ?? []), name]);
  }
  return names;
}
