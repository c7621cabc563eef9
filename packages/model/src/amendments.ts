import type { CapacityType } from './snapshot.ts';

/** What a run has learned since its plan was made; planning the rest again heeds it. */
export interface Amendments {
  /** UIDs of pods that have shown that they cannot be moved. */
  readonly stayingPods: readonly string[];
  /** Names of nodes that must not be removed any more, such as one that somebody has uncordoned. */
  readonly stayingNodes: readonly string[];
  /** Names of nodes that take no more pods: they are about to go. */
  readonly goingNodes: readonly string[];
  /** What could not be had. */
  readonly unavailable: readonly OfferingChoice[];
  readonly maxMoves: number | null;
  /** Launch nothing more. */
  readonly onlyRemove: boolean;
}

/** One machine type in one place; zone null: in none of the region's. */
export interface OfferingChoice {
  readonly instanceType: string;
  readonly zone: string | null;
  readonly capacityType: CapacityType;
}
