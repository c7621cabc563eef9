import type { Effort } from '@restow/model';
import type { RelaxationEffort } from '../bound/column-generation.ts';

/** Work, not seconds: the same effort gives the same plan on every machine. */
export interface SearchEffort {
  readonly relaxation: RelaxationEffort;
  /** Trials of local search from the cluster as it is, from a fresh packing, and after nodes were reused. */
  readonly fromCurrent: number;
  readonly fromFresh: number;
  readonly afterReuse: number;
}

export const EFFORTS: Readonly<Record<Effort, SearchEffort>> = {
  quick: {
    relaxation: { rounds: 50, pricingBudget: 300, finalBudget: 3_000 },
    fromCurrent: 3_500,
    fromFresh: 6_000,
    afterReuse: 3_000,
  },
  normal: {
    relaxation: { rounds: 60, pricingBudget: 500, finalBudget: 10_000 },
    fromCurrent: 12_000,
    fromFresh: 32_000,
    afterReuse: 12_000,
  },
  thorough: {
    relaxation: { rounds: 200, pricingBudget: 2_000, finalBudget: 50_000 },
    fromCurrent: 60_000,
    fromFresh: 120_000,
    afterReuse: 60_000,
  },
};
