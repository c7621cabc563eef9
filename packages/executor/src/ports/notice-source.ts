/** A cloud's or a person's word that a node will go. */
export interface Notice {
  readonly id: string;
  /** `going`: it is on its way out already; `person`: somebody said so. */
  readonly kind:
    | 'spot-interruption'
    | 'reservation-interruption'
    | 'rebalance-hint'
    | 'maintenance'
    | 'going'
    | 'person';
  readonly node: string;
  /** When it goes, ms since the epoch; null when that is not known. */
  readonly deadline: number | null;
}

export interface NoticeSource {
  /** Notices that have come and are not over; cheap, asked often. */
  current(): readonly Notice[];
}
