import type { Gap } from '@restow/model';

const EXAMPLES = 3;

/** Collects what the input did not say, by code, with a few examples of each. */
export class GapCollector {
  readonly #gaps = new Map<string, { message: string; count: number; examples: string[] }>();

  add(code: string, message: string, example?: string): void {
    let gap = this.#gaps.get(code);
    if (gap === undefined) {
      gap = { message, count: 0, examples: [] };
      this.#gaps.set(code, gap);
    }
    gap.count++;
    if (example !== undefined && gap.examples.length < EXAMPLES) gap.examples.push(example);
  }

  list(): Gap[] {
    return [...this.#gaps].map(([code, { message, count, examples }]) => ({ code, message, count, examples }));
  }
}
