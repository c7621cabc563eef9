import type { Effort } from '@restow/model';
import type { RelaxationEffort } from '../bound/column-generation.ts';

/** Work, not seconds: the same effort gives the same plan on every machine. */
export interface SearchEffort {
  readonly relaxation: RelaxationEffort;
  /** What goes on with the bound while the search is at work. */
  readonly tightening: RelaxationEffort | null;
  /** A plan so near to its bound, as a part of its cost, is given out without waiting for a tighter one. */
  readonly smallGap: number;
  /** Trials of local search from the cluster as it is, from a fresh packing, and after nodes were reused. */
  readonly fromCurrent: number;
  readonly fromFresh: number;
  /** Packings made afresh, each of another mixture of patterns. */
  readonly freshStarts: number;
  readonly afterReuse: number;
}

export const EFFORTS: Readonly<Record<Effort, SearchEffort>> = {
  quick: {
    relaxation: { rounds: 50, variations: 12, pricingBudget: 300, finalBudget: 3_000, work: 20e6 },
    tightening: null,
    smallGap: 0,
    fromCurrent: 3_500,
    fromFresh: 6_000,
    freshStarts: 2,
    afterReuse: 3_000,
  },
  normal: {
    relaxation: { rounds: 60, variations: 150, pricingBudget: 500, finalBudget: 10_000, work: 20e6 },
    tightening: { rounds: 200, variations: 48, pricingBudget: 1_000, finalBudget: 500_000, work: 12e6 },
    smallGap: 0.007,
    fromCurrent: 10_000,
    fromFresh: 26_000,
    freshStarts: 1,
    afterReuse: 8_000,
  },
  thorough: {
    relaxation: { rounds: 150, variations: 200, pricingBudget: 2_000, finalBudget: 50_000, work: 60e6 },
    tightening: { rounds: 1_000, variations: 96, pricingBudget: 2_000, finalBudget: 3_000_000, work: 300e6 },
    smallGap: 0,
    fromCurrent: 60_000,
    fromFresh: 60_000,
    freshStarts: 3,
    afterReuse: 60_000,
  },
};
