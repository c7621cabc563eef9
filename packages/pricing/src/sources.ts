import type { Commitment, Offering } from '@restow/model';

/** An offering before its place in a price book is known. */
export type SourcedOffering = Omit<Offering, 'source' | 'launchable'>;
export type SourcedCommitment = Omit<Commitment, 'source'>;

/** What was read, and what could not be: each with what that leaves open. */
export interface Sourced<Item> {
  readonly items: readonly Item[];
  readonly missing: readonly string[];
}

/** Machine types with what they leave to pods, where they can be had, and at what price. */
export interface PriceSource {
  offerings(signal: AbortSignal): Promise<Sourced<SourcedOffering>>;
}

/** Capacity and spend that is paid for already. */
export interface CommitmentSource {
  commitments(signal: AbortSignal): Promise<Sourced<SourcedCommitment>>;
}

/** What a cloud has said, now or the last time that it answered. */
export interface CloudReport {
  readonly currency: string;
  /** ISO 8601: when it said so. */
  readonly asOf: string;
  /** It does not answer now. */
  readonly isStale: boolean;
  readonly offerings: readonly SourcedOffering[];
  readonly commitments: readonly SourcedCommitment[];
  readonly missing: readonly string[];
}

/** How likely spot capacity is to be had and to stay. */
export interface SpotRisk {
  readonly instanceType: string;
  readonly zone: string | null;
  /** 1 (unlikely) to 10, the cloud's own word; null: it says none. */
  readonly placementScore: number | null;
  /** How much the price has moved in the time looked at, highest over lowest; null: not known. */
  readonly priceSpread: number | null;
}

export interface RiskSource {
  risks(instanceTypes: readonly string[], signal: AbortSignal): Promise<Sourced<SpotRisk>>;
}

/** One cloud in one region, as an account sees it. */
export interface CloudPrices extends PriceSource, CommitmentSource, RiskSource {
  /** As it is asked for: `aws:us-east-1`. */
  readonly name: string;
  readonly region: string;
  readonly currency: string;
}

/** Whether a cloud lets somebody do something. */
export interface PermissionFinding {
  /** As the cloud names it. */
  readonly action: string;
  readonly answer: 'allowed' | 'denied' | 'unknown';
  /** What it costs where it is denied, or why it is not known. */
  readonly note: string;
}
