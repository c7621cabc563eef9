import type { Account, Notice } from '@restow/executor';

/** A node that has been given notice, and when it goes. */
export interface NoticedNode {
  readonly name: string;
  /** ms since the epoch. */
  readonly deadline: number;
  readonly kind: Notice['kind'];
}

export interface EvacuationOrder {
  readonly runId: string;
  readonly nodes: readonly NoticedNode[];
  /** Asked often: others have been given notice too, so that this one ends in good order and all are done together. */
  readonly isOvertaken: () => boolean;
}

/** What an evacuation does, with a cluster behind it. */
export interface EvacuationPorts {
  newRunId(): string;
  /** Notices that have come and are not over; cheap, asked often. */
  notices(): readonly Notice[];
  /** null: none of the nodes is there any more, or may be touched. */
  evacuate(order: EvacuationOrder, signal: AbortSignal): Promise<Account | null>;
}
