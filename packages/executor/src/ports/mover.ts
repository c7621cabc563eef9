import type { Method, OwnerReference, PodReference } from '@restow/model';
import type { ActOutcome } from '../outcome.ts';

export interface MoveOrder {
  /** The same move asked for twice is one move. */
  readonly id: string;
  readonly pod: PodReference;
  readonly owner: OwnerReference;
  readonly from: string;
  readonly to: string;
  readonly method: Method;
}

/**
 * `budget`: a disruption budget does not let it go now, later it may; `changed`: the pod or its owner is not as it was
 * any more; `unfit`: this method is not for it, for as long as its owner is what it is; `stuck`: it was asked to stop and
 * does not; `refused`: anything else. Only after `stuck` has anything happened.
 */
export type MoveRefusal = 'budget' | 'changed' | 'unfit' | 'stuck' | 'refused';

/** Whether every pod goes where it is told to, whatever it is moved by. */
export function steersAll(mover: Mover): boolean {
  return mover.methods.every((method) => mover.steers(method));
}

/** Takes a pod off its node, so that it comes up elsewhere. */
export interface Mover {
  readonly methods: readonly Method[];
  /** By this method of its own the pod goes where it is told to; otherwise the scheduler decides. */
  steers(method: Method): boolean;
  /**
   * Answers once the pod is stopped for good, or on its way out with what replaces it already on its way in. `pod` is what
   * it became, where the method knows; null where its owner makes a new one. A pod that is gone already was moved.
   * `onPlaced` is told the UID of what replaces it, where that has a node long before the move ends.
   */
  move(
    order: MoveOrder,
    signal: AbortSignal,
    onPlaced: (uid: string) => void,
  ): Promise<
    ActOutcome<
      {
        readonly stoppedAt: number;
        readonly movedBytes: number;
        readonly pod: PodReference | null;
        /** How long nobody reached it, where the method has seen that itself. */
        readonly stallMs?: number;
      },
      MoveRefusal
    >
  >;
  /** Undoes what a move has begun that was broken off; nothing, where nothing was or where the pod has left by it. */
  withdraw(order: MoveOrder, signal: AbortSignal): Promise<ActOutcome>;
}
