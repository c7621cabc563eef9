import type { Method, SnapshotPod } from '@restow/model';

/** One way for a pod to leave, and what it costs if it is over in time. */
export interface Way {
  readonly method: Exclude<Method, 'stay'>;
  /** Sent from node to node. */
  readonly bytes: number;
  readonly lossMicros: number;
}

/** A pod on a node that is about to go. */
export interface Evacuee {
  readonly pod: SnapshotPod;
  readonly from: string;
  /** By when it must have left, from the start; the policy's margin is off already. */
  readonly withinMs: number;
  readonly interruptionMicros: number;
  /** What is expected to be lost if it is there when its node goes. */
  readonly stayLossMicros: number;
  /** Gentlest first; none: it must stay, and why. */
  readonly ways: readonly Way[];
  readonly reasons: readonly string[];
  /** Where it goes; null: nowhere. */
  readonly to: string | null;
  /** From the start until its place takes pods. */
  readonly placeReadyMs: number;
  /** Who shares a disruption budget with it, and how many of them may be on their way at once. */
  readonly owner: string;
  readonly ownerAtOnce: number;
}
