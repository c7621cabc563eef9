import type { LaunchOrder, Notice } from '@restow/executor';
import type { Offering, OwnerReference, PodDisruptionBudget, Snapshot, SnapshotNode, SnapshotPod } from '@restow/model';
import type { Fault, TimedFault } from './faults.ts';

/** How the simulated cluster and cloud behave; times in milliseconds, drawn between the two ends. */
export interface WorldBehaviour {
  readonly launchMs: readonly [number, number];
  readonly podStartMs: readonly [number, number];
  readonly podStopMs: readonly [number, number];
  readonly volumeMs: number;
  readonly removeMs: readonly [number, number];
  readonly schedulerMs: number;
  /** How often the scheduler prefers something else than the best score. */
  readonly schedulerNoise: number;
  /** Whether moves can tell the scheduler where to put the pod. */
  readonly steers: boolean;
  readonly autoscaler: Autoscaler | null;
  readonly spot: SpotProcess | null;
}

export interface Autoscaler {
  /** How long a pod waits before a node is bought for it. */
  readonly afterMs: number;
  /** How long a node must have been empty before it goes; null: never. */
  readonly removeEmptyAfterMs: number | null;
}

/** Interruptions come with this mean time between them for each node, this long after the notice. */
export interface SpotProcess {
  readonly meanMs: number;
  readonly noticeMs: number;
}

export interface WorldNode {
  readonly node: SnapshotNode;
  readonly microsPerHour: number | null;
  readonly createdAt: number;
  readonly token: string | null;
  readonly emptySince: number | null;
}

export interface WorldPod {
  readonly pod: SnapshotPod;
  readonly readySince: number | null;
  readonly createdAt: number;
  /** Where the move that caused it wants it. */
  readonly wanted: string | null;
  /** Since when no node takes it. */
  readonly unschedulableSince: number | null;
}

export interface WorldOrder {
  readonly order: LaunchOrder;
  readonly microsPerHour: number;
  readonly launchedAt: number;
  readonly node: string | null;
  readonly state: 'coming' | 'joined' | 'gone';
  readonly goneAt: number | null;
}

export interface WorldOwner {
  readonly reference: OwnerReference;
  readonly namespace: string;
  readonly replicas: number;
  /** What a new pod of it looks like. */
  readonly template: SnapshotPod;
}

export interface Vacancy {
  readonly pod: SnapshotPod;
  readonly wanted: string | null;
}

/** A disruption budget that keeps so many pods ready; null: what it keeps is not known. */
export interface WorldBudget extends PodDisruptionBudget {
  readonly minimum: number | null;
}

export type WorldEvent =
  | { readonly kind: 'schedule' }
  | { readonly kind: 'pod-ready' | 'pod-gone'; readonly uid: string }
  | { readonly kind: 'node-joins'; readonly token: string }
  | { readonly kind: 'node-ready' | 'node-gone' | 'spot-notice'; readonly name: string; readonly uid: string }
  | { readonly kind: 'spot-interruption'; readonly name: string; readonly uid: string }
  | { readonly kind: 'autoscale' }
  | { readonly kind: 'buy-back'; readonly order: LaunchOrder }
  | { readonly kind: 'fault'; readonly fault: Fault & { readonly name: TimedFault } }
  | { readonly kind: 'scale'; readonly owner: string; readonly replicas: number }
  /** A recorded trace goes down: so large a part of the spot nodes of the zone is taken back. */
  | { readonly kind: 'spot-share'; readonly zone: string | null; readonly share: number; readonly noticeMs: number }
  | { readonly kind: 'spot-capacity'; readonly zone: string | null; readonly available: boolean }
  | { readonly kind: 'prices'; readonly factor: number; readonly capacityType: string };

export interface Scheduled {
  readonly at: number;
  readonly event: WorldEvent;
}

/** What happened, for those who look at the simulation from outside: the truth that an account is compared with. */
export type WorldLogEntry = { readonly at: number } & (
  | {
      /** Surging: its owner makes another beside it; surged: that has taken its place, and it stops. */
      readonly kind: 'pod-evicted' | 'pod-surging' | 'pod-surged';
      readonly uid: string;
      readonly name: string;
      readonly node: string;
      readonly order: string;
    }
  | {
      readonly kind: 'pod-created' | 'pod-ready' | 'pod-gone';
      readonly uid: string;
      readonly name: string;
    }
  | { readonly kind: 'pod-lost'; readonly uid: string; readonly name: string; readonly by: Buyer }
  | { readonly kind: 'pod-bound'; readonly uid: string; readonly name: string; readonly node: string }
  | { readonly kind: 'node-ordered'; readonly token: string; readonly microsPerHour: number; readonly by: Buyer }
  | { readonly kind: 'order-gone'; readonly token: string; readonly microsPerHour: number; readonly by: Buyer }
  | { readonly kind: 'node-joined' | 'node-ready' | 'node-lost'; readonly node: string }
  | { readonly kind: 'node-removed'; readonly node: string; readonly microsPerHour: number | null; readonly by: Buyer }
  | { readonly kind: 'cordoned' | 'uncordoned' | 'marked' | 'unmarked'; readonly node: string }
  | { readonly kind: 'protected' | 'unprotected'; readonly node: string }
  | { readonly kind: 'fault'; readonly name: string; readonly what: string }
);
export type Buyer = 'restow' | 'autoscaler' | 'cloud';

/** Everything of a simulation: plain data, so that it can be saved and taken up again. */
export interface WorldState {
  readonly seed: number;
  readonly startedAt: number;
  now: number;
  version: number;
  counter: number;
  readonly behaviour: WorldBehaviour;
  /** What does not change: volumes, namespaces, pools. */
  readonly base: Snapshot;
  offerings: readonly Offering[];
  readonly nodes: Map<string, WorldNode>;
  readonly pods: Map<string, WorldPod>;
  readonly owners: Map<string, WorldOwner>;
  /** Names of StatefulSets' pods, by owner UID. */
  readonly names: Map<string, string[]>;
  /** Pods that have stopped and are to be made again as they were, with their own volumes; by owner UID. */
  readonly vacancies: Map<string, Vacancy[]>;
  budgets: WorldBudget[];
  readonly orders: Map<string, WorldOrder>;
  /** When nodes and pods went, by UID. */
  readonly gone: Map<string, number>;
  /** Pods that a move has stopped: since when, and for which order. */
  readonly stopped: Map<string, { readonly at: number; readonly order: string }>;
  /** Pods beside which their owner has one more, by UID. */
  readonly surges: Map<string, { readonly order: string; readonly owner: string }>;
  readonly faults: { readonly fault: Fault; left: number | null }[];
  /** In the order in which they will happen. */
  readonly events: Scheduled[];
  readonly notices: Notice[];
  /** Zones without spot capacity; null: all. */
  readonly noSpot: (string | null)[];
  outageUntil: number;
  readonly log: WorldLogEntry[];
  /** Paid so far for all nodes, in micros × milliseconds per hour. */
  paid: bigint;
}
