/** A cloud's or a person's word that a node will go. */
export interface Notice {
  readonly id: string;
  readonly kind: 'spot-interruption' | 'rebalance-hint' | 'maintenance' | 'person';
  readonly node: string;
  /** When it goes, ms since the epoch; null when that is not known. */
  readonly deadline: number | null;
}

export interface NoticeSource {
  /** Notices that have come and are not over; cheap, asked often. */
  current(): readonly Notice[];
}
