import { seededRandom } from '@restow/model';

/** The search's source of chance: the same seed gives the same search on every machine. */
export class Random {
  /** Uniform in [0, 1). */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = seededRandom(seed);
  }

  /** Uniform in 0 … n−1. */
  below(n: number): number {
    return Math.floor(this.next() * n);
  }
}
