import type { OfferingChoice } from '@restow/model';
import type { ActOutcome } from '../outcome.ts';
import type { NodeIdentity } from './node-marker.ts';

export interface LaunchOrder extends OfferingChoice {
  /** The order's name: the same order given twice launches one node. */
  readonly token: string;
  readonly arch: string;
  /** Node pool or group that the node shall belong to; null: a node of its own. */
  readonly group: string | null;
  /** It joins with the soft taint, so that nothing comes to it before its turn. */
  readonly unpreferred: boolean;
}

/** `no-capacity`: the cloud has none; `limit`: a quota, pool limit or maximum size; `refused`: anything else. */
export type LaunchRefusal = 'no-capacity' | 'limit' | 'refused';
/** `minimum`: its group may not become smaller; `protected`: its owner forbids it; `unknown-owner`: never deleted. */
export type RemoveRefusal = 'minimum' | 'protected' | 'unknown-owner' | 'not-empty' | 'refused';

export type KeepRefusal = 'going' | 'refused';

/** For what time it was paid (ms since the epoch); null when nothing had been ordered. */
export interface Released {
  readonly paid: { readonly from: number; readonly until: number } | null;
}

/** Buys nodes and gives them back. */
export interface NodeManager {
  /** Answers as soon as the node is ordered and paid for, not when it is there. */
  launch(order: LaunchOrder, signal: AbortSignal): Promise<ActOutcome<{ readonly launchedAt: number }, LaunchRefusal>>;
  /** The node of an order, null while it has not joined; `lost` when it never will. */
  nodeOf(token: string, signal: AbortSignal): Promise<ActOutcome<{ readonly node: NodeIdentity | null }, 'lost'>>;
  /** Gives back what was ordered, joined or not. Repeatable. */
  release(token: string, signal: AbortSignal): Promise<ActOutcome<Released, RemoveRefusal>>;
  /**
   * Deletes an empty node and answers when it costs nothing any more. Repeatable: of a node that is gone it answers when
   * it went, as far as that is known.
   */
  remove(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome<{ readonly removedAt: number }, RemoveRefusal>>;
  /**
   * Undoes what a removal has begun that was broken off; nothing, where nothing was. `going`: it is on its way out and
   * cannot be kept, so that no pod may come to it any more; a manager need not say so whose cluster keeps pods away by itself.
   */
  keep(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome<object, KeepRefusal>>;
}
