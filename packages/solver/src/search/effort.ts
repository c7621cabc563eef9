import type { Effort } from '@restow/model';
import type { RelaxationEffort } from '../bound/column-generation.ts';
import type { MovingEffort } from '../bound/moving-relaxation.ts';
import type { TighteningEffort } from '../bound/tighten.ts';
import type { SweepEffort } from './sweep.ts';

/** Work, not seconds: the same effort gives the same plan on every machine. */
export interface SearchEffort {
  readonly relaxation: RelaxationEffort;
  /** What goes on with the bound while the search is at work. */
  readonly tightening: TighteningEffort | null;
  /** A plan so near to its bound, as a part of its cost, is given out without waiting for a tighter one. */
  readonly smallGap: number;
  /** Trials of local search from the cluster as it is, from a fresh packing, and after nodes were reused. */
  readonly fromCurrent: number;
  readonly fromFresh: number;
  /** Packings made afresh, each of another mixture of patterns. */
  readonly freshStarts: number;
  /** With no more pods than this, one more of them is made where the cheapest is still far from its bound. */
  readonly againUpTo: number;
  /** With fewer pods than this there are as many fewer trials. */
  readonly fullEffortPods: number;
  readonly afterReuse: number;
  /** What is done after the search to bound what a plan costs with its moves. */
  readonly proof: MovingEffort;
  /** Packings for limits on moves in between. */
  readonly sweep: SweepEffort;
}

export const EFFORTS: Readonly<Record<Effort, SearchEffort>> = {
  quick: {
    relaxation: { rounds: 50, variations: 12, pricingBudget: 300, finalBudget: 3_000, work: 20e6 },
    tightening: null,
    smallGap: 0,
    fromCurrent: 3_500,
    fromFresh: 6_000,
    freshStarts: 2,
    againUpTo: 0,
    fullEffortPods: 800,
    afterReuse: 3_000,
    proof: { rounds: 10, pricingBudget: 40, finalBudget: 40, leastGain: 0 },
    sweep: { points: 3, rounds: 6, pricingBudget: 40, finalBudget: 40, leastGain: 1e-3, trials: 1_000 },
  },
  normal: {
    relaxation: { rounds: 60, variations: 150, pricingBudget: 500, finalBudget: 10_000, work: 20e6 },
    tightening: {
      rounds: 200,
      variations: 48,
      pricingBudget: 1_000,
      finalBudget: 500_000,
      work: 12e6,
      wholeNodes: {
        visits: 40e6,
        sets: 150,
        packing: 1e6,
        pricingBudget: 1_000,
        finalBudget: 50_000,
        work: 30e6,
        roomFor: [],
      },
    },
    smallGap: 0.007,
    fromCurrent: 10_000,
    fromFresh: 26_000,
    freshStarts: 1,
    againUpTo: 4_000,
    fullEffortPods: 400,
    afterReuse: 8_000,
    proof: { rounds: 30, pricingBudget: 60, finalBudget: 4_000, leastGain: 0 },
    sweep: { points: 12, rounds: 10, pricingBudget: 60, finalBudget: 60, leastGain: 1e-3, trials: 1_000 },
  },
  thorough: {
    relaxation: { rounds: 150, variations: 200, pricingBudget: 2_000, finalBudget: 50_000, work: 60e6 },
    tightening: {
      rounds: 1_000,
      variations: 96,
      pricingBudget: 2_000,
      finalBudget: 3_000_000,
      work: 300e6,
      wholeNodes: {
        visits: 400e6,
        sets: 1_000,
        packing: 10e6,
        pricingBudget: 2_000,
        finalBudget: 1_000_000,
        work: 300e6,
        roomFor: [1.001, 1.002, 1.004],
      },
    },
    smallGap: 0,
    fromCurrent: 60_000,
    fromFresh: 60_000,
    freshStarts: 3,
    againUpTo: 4_000,
    fullEffortPods: 400,
    afterReuse: 60_000,
    proof: { rounds: 100, pricingBudget: 100, finalBudget: 50_000, leastGain: 0 },
    sweep: { points: 16, rounds: 20, pricingBudget: 100, finalBudget: 100, leastGain: 2e-4, trials: 4_000 },
  },
};
