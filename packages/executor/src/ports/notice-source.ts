/** `going`: it is on its way out already; `person`: somebody said so. */
export const NOTICE_KINDS = [
  'spot-interruption',
  'reservation-interruption',
  'rebalance-hint',
  'maintenance',
  'going',
  'person',
] as const;

/** A cloud's or a person's word that a node will go. */
export interface Notice {
  readonly id: string;
  readonly kind: (typeof NOTICE_KINDS)[number];
  readonly node: string;
  /** When it goes, ms since the epoch; null when that is not known. */
  readonly deadline: number | null;
}

/** What a cloud says of one of its machines, which is not yet known to be a node. */
export interface MachineNotice extends Omit<Notice, 'node'> {
  /** As its MachineGroups name it: an EC2 instance's ID, or `ZONE/NAME`. */
  readonly machine: string;
}

export interface NoticeSource {
  /** Notices that have come and are not over; cheap, asked often. */
  current(): readonly Notice[];
}
