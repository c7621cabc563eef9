import { type MovingRates, type Policy, type PriceBook, type Snapshot, USUAL_RATES } from '@restow/model';

/** A node that is about to go. */
export interface GoingNode {
  readonly name: string;
  /** ms since the epoch. */
  readonly deadline: number;
  /** Whether it is given back once it is empty, or only left cordoned. */
  readonly remove: boolean;
}

export interface EvacuationRequest {
  readonly snapshot: Snapshot;
  readonly book: PriceBook;
  readonly policy: Policy;
  readonly nodes: readonly GoingNode[];
  /** ms since the epoch. */
  readonly now: number;
  /** How fast pods have moved on this cluster; null: nobody knows. */
  readonly measured?: { readonly [Rate in keyof MovingRates]: number | null };
}

/** What the policy says, else what was measured, else the usual. */
export function ratesOf({ policy, measured }: Pick<EvacuationRequest, 'policy' | 'measured'>): MovingRates {
  const { rates } = policy.evacuation;
  const rate = (name: keyof MovingRates) => rates[name] ?? measured?.[name] ?? USUAL_RATES[name];
  return {
    liveMs: rate('liveMs'),
    bytesPerSecond: rate('bytesPerSecond'),
    startMs: rate('startMs'),
    stopMs: rate('stopMs'),
    launchMs: rate('launchMs'),
    lostMs: rate('lostMs'),
  };
}

const FEWEST_PODS_AT_ONCE = 50;
const READY_MS = 300_000;

/**
 * The policy of a rebalancing, for a node that goes: what a pod keeps on it or works at is lost with it in any case,
 * nothing waits for a better moment, and no saving was promised. What is never to be touched stays untouched.
 */
export function evacuationPolicy(
  policy: Policy,
  rates: MovingRates,
  withinMs: number,
  podsAtOncePerOwner: number,
): Policy {
  const { run } = policy;
  return {
    ...policy,
    evacuation: { ...policy.evacuation, rates },
    maxMoves: null,
    minimumSavingFraction: 0,
    pending: { ...policy.pending, makeRoom: false },
    pods: {
      ...policy.pods,
      capacityTypes: ['on-demand', 'spot', 'reserved'],
      moveLocalData: true,
      moveJobs: true,
      moveProtected: true,
    },
    run: {
      ...run,
      budgets: {
        nodesAtOnce: Number.MAX_SAFE_INTEGER,
        podsAtOnce: Math.max(run.budgets.podsAtOnce, FEWEST_PODS_AT_ONCE),
        podsAtOncePerOwner,
        podsPerMinute: null,
      },
      windows: [],
      minimumAchievedFraction: 0,
      most: { stallMs: null, stallMsPerPod: null, movedBytes: null, surgeMicros: null },
      stopAfterFailures: Number.MAX_SAFE_INTEGER,
      brake: { ...run.brake, unreadyPodsFraction: 1 },
      limits: {
        ...run.limits,
        moveMs: Math.max(1, Math.min(run.limits.moveMs, withinMs)),
        readyMs: Math.min(run.limits.readyMs, READY_MS),
      },
      heldNodesPerMove: Number.MAX_SAFE_INTEGER,
      staleFraction: 1,
      replans: 0,
    },
  };
}
