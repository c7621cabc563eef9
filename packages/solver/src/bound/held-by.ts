import { type LpEngines, type LpMaster, type LpOptimum, solveOrNull } from '../lp/engines.ts';
import type { LpColumn } from '../lp/port.ts';
import type { Bounded } from './bounded.ts';
import { type Knapsack, type KnapsackAnswer, uppersOf } from './knapsack.ts';
import { KnownPatterns, type Pattern, patternsOf, worthOfPattern } from './patterns.ts';
import { SCALE } from './scale.ts';
import type { Counts, WorthRow } from './whole-nodes.ts';

/** A row is violated by at least this part of its demand, or is not worth adding. */
const VIOLATED = 1e-7;
/** Above what was found by no more than this part, an upper bound is as good as proven. */
const PROVEN = 1e-9;
/** Patterns are looked for so often at most for one set of nodes. */
const MOST_ROUNDS = 40;
/** Patterns that are worth less than this part of their price are not begun with. */
const NEAR = 0.97;
/** A pod that is worth nothing by the duals is still one that must be held. */
const LEAST_WORTH = 1e-3;
/** And so often for what is left after a part of it was packed. */
const DIVE_ROUNDS = 5;
/** What an entry of a program that is solved takes, in search nodes of a pricing problem. */
const WORK_OF_AN_ENTRY = 2;
/** A part of a pattern that is smaller is none. */
const USED = 1e-6;

/** A pattern that so many nodes of its container have. */
export interface Content extends Pattern {
  readonly times: number;
}

export interface HeldByEffort {
  readonly pricingBudget: number;
  readonly finalBudget: number;
  /** Search nodes of all pricing problems, and what programs take by their size, after which nothing more is said. */
  readonly work: number;
}

/** Whether sets of nodes hold all pods, with fractions of patterns: the subproblem of Benders' decomposition. Must be closed. */
export class HeldBy {
  readonly #problem: Bounded;
  readonly #knapsacks: readonly Knapsack[];
  readonly #effort: HeldByEffort;
  readonly #stop: () => boolean;
  /** Of the columns behind those for what is not held, one for each class. */
  readonly #patterns = new KnownPatterns();
  readonly #lp: LpMaster;
  #work = 0;

  /** `duals`: what a pod of each class is worth, more or less; what is not held counts by it. */
  constructor(
    problem: Bounded,
    knapsacks: readonly Knapsack[],
    { duals, patterns }: { readonly duals: ArrayLike<number>; readonly patterns: readonly Pattern[] },
    engines: LpEngines,
    effort: HeldByEffort,
    stop: () => boolean,
  ) {
    this.#problem = problem;
    this.#knapsacks = knapsacks;
    this.#effort = effort;
    this.#stop = stop;
    this.#lp = engines.master(
      [
        ...problem.classes.map(({ pods }) => ({ sense: '>=' as const, rhs: pods.length })),
        ...knapsacks.map(() => ({ sense: '<=' as const, rhs: 0 })),
      ],
      [
        ...problem.classes.map(({ index }) => ({
          cost: Math.max(LEAST_WORTH, duals[index]! * SCALE),
          rows: [index],
          values: [1],
        })),
        ...this.#columnsOf(
          patterns.filter(
            (pattern) => worthOfPattern(pattern, duals) >= NEAR * knapsacks[pattern.container]!.container.microsPerHour,
          ),
        ),
      ],
    );
  }

  /** Whether more has been done than was wanted. */
  get isSpent(): boolean {
    return this.#work >= this.#effort.work;
  }

  /** A row that this set of nodes violates, so that it does not hold so many times all pods; null: none was found. */
  violatedBy(counts: Counts, times: number): WorthRow | null {
    const pods = this.#problem.classes.map((one) => times * one.pods.length);
    this.#lp.setRightHandSides([...pods, ...Array.from(counts)]);
    for (let round = 0; round < MOST_ROUNDS && !this.isSpent && !this.#stop(); round++) {
      const optimum = this.#solveProgram();
      if (optimum === null) return null;
      const duals = this.#dualsOf(optimum);
      const demand = pods.reduce((sum, count, c) => sum + duals[c]! * count, 0);
      if (demand === 0) return null;
      const answers = this.#knapsacks.map((knapsack) => this.#solve(knapsack, duals, this.#effort.pricingBudget));
      const row = (): WorthRow => ({ uppers: uppersOf(answers), demand });
      if (isViolated(row(), counts)) return row();
      let columns = this.#columnsOf(patternsOf(answers));
      if (columns.length === 0) {
        answers.forEach(({ value, upper }, k) => {
          if (counts[k]! > 0 && upper > value * (1 + PROVEN))
            answers[k] = this.#solve(this.#knapsacks[k]!, duals, this.#effort.finalBudget);
        });
        if (isViolated(row(), counts)) return row();
        columns = this.#columnsOf(patternsOf(answers));
      }
      if (columns.length === 0) return null;
      this.#lp.add(columns);
    }
    return null;
  }

  /**
   * Whole contents of these nodes that hold what they can of all pods: the largest of the program's parts is taken, and the
   * rest solved again with patterns for it.
   */
  contentsOf(counts: Counts): Content[] {
    const left = this.#problem.classes.map(({ pods }) => pods.length);
    const nodes = Array.from(counts);
    const contents: Content[] = [];
    while (nodes.some((count) => count > 0) && left.some((count) => count > 0) && !this.#stop()) {
      this.#lp.setRightHandSides([...left, ...nodes]);
      const chosen = this.#largestPart(left);
      if (chosen === null) break;
      const { container, classes } = chosen.pattern;
      const clipped = chosen.pattern.counts.map((count, k) => Math.min(count, left[classes[k]!]!));
      const isWhole = chosen.pattern.counts.every((count, k) => count * chosen.times <= left[classes[k]!]!);
      const times = isWhole ? chosen.times : 1;
      contents.push({ container, classes, counts: clipped, times });
      classes.forEach((c, k) => {
        left[c]! -= clipped[k]! * times;
      });
      nodes[container]! -= times;
    }
    return contents;
  }

  close(): void {
    this.#lp.close();
  }

  /** Of what the program is now, with patterns for it: what is used most, once at least; null: nothing. */
  #largestPart(left: readonly number[]): { readonly pattern: Pattern; readonly times: number } | null {
    let optimum = this.#solveProgram();
    for (let round = 0; round < DIVE_ROUNDS && optimum !== null && !this.#stop(); round++) {
      const duals = this.#dualsOf(optimum);
      const answers = this.#knapsacks.map((knapsack) => knapsack.solve(duals, this.#effort.pricingBudget, 0, left));
      const columns = this.#columnsOf(patternsOf(answers));
      if (columns.length === 0) break;
      this.#lp.add(columns);
      optimum = this.#solveProgram();
    }
    if (optimum === null) return null;
    let most = 0;
    let pattern: Pattern | null = null;
    for (const [j, one] of this.#patterns.all.entries()) {
      const used = optimum.primal[this.#problem.classes.length + j]!;
      if (used <= most + USED) continue;
      most = used;
      pattern = one;
    }
    return pattern === null ? null : { pattern, times: Math.max(1, Math.floor(most + USED)) };
  }

  #dualsOf({ duals }: LpOptimum): Float64Array {
    return Float64Array.from(this.#problem.classes, (_, c) => Math.max(0, duals[c]!));
  }

  #solveProgram(): LpOptimum | null {
    const rows = this.#problem.classes.length + this.#knapsacks.length;
    this.#work += WORK_OF_AN_ENTRY * rows * this.#lp.columns.length;
    return solveOrNull(this.#lp);
  }

  #solve(knapsack: Knapsack, duals: ArrayLike<number>, budget: number): KnapsackAnswer {
    const answer = knapsack.solve(duals, budget);
    this.#work += answer.visited;
    return answer;
  }

  #columnsOf(patterns: readonly Pattern[]): LpColumn[] {
    return this.#patterns.add(patterns).map(({ container, classes, counts }) => {
      const row = this.#problem.classes.length + container;
      return { cost: 0, rows: [...classes, row], values: [...counts, 1] };
    });
  }
}

function isViolated({ uppers, demand }: WorthRow, counts: Counts): boolean {
  return worthOf(counts, uppers) < demand * (1 - VIOLATED);
}

/** What a set of nodes is worth at a row's prices, at most. */
function worthOf(counts: Counts, uppers: ArrayLike<number>): number {
  let worth = 0;
  for (let k = 0; k < counts.length; k++) worth += counts[k]! * uppers[k]!;
  return worth;
}
