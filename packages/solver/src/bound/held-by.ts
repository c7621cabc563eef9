import { type LpEngines, type LpMaster, solveOrNull } from '../lp/engines.ts';
import type { LpColumn } from '../lp/port.ts';
import type { Bounded } from './bounded.ts';
import { type Knapsack, type KnapsackAnswer, uppersOf } from './knapsack.ts';
import { type Pattern, patternsOf } from './patterns.ts';
import { SCALE } from './scale.ts';
import { type Counts, type WorthRow, worthOf } from './whole-nodes.ts';

/** A row is violated by at least this part of its demand, or is not worth adding. */
const VIOLATED = 1e-7;
/** Above what was found by no more than this part, an upper bound is as good as proven. */
const PROVEN = 1e-9;
/** Patterns are looked for so often at most for one set of nodes. */
const MOST_ROUNDS = 40;
/** A pod that is worth nothing by the duals is still one that must be held. */
const LEAST_WORTH = 1e-3;

export interface HeldByEffort {
  readonly pricingBudget: number;
  readonly finalBudget: number;
  /** Search nodes of all pricing problems together, after which nothing more is said. */
  readonly work: number;
}

/** Whether sets of nodes hold all pods, with fractions of patterns: the subproblem of Benders' decomposition. Must be closed. */
export class HeldBy {
  readonly #problem: Bounded;
  readonly #knapsacks: readonly Knapsack[];
  readonly #effort: HeldByEffort;
  readonly #stop: () => boolean;
  readonly #seen = new Set<string>();
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
        ...this.#columnsOf(patterns),
      ],
    );
  }

  /** A row that this set of nodes violates, so that it does not hold all pods; null: none was found. */
  violatedBy(counts: Counts): WorthRow | null {
    this.#lp.setRightHandSides([...this.#problem.classes.map(({ pods }) => pods.length), ...Array.from(counts)]);
    for (let round = 0; round < MOST_ROUNDS && this.#work < this.#effort.work && !this.#stop(); round++) {
      const optimum = solveOrNull(this.#lp);
      if (optimum === null) return null;
      const duals = Float64Array.from(this.#problem.classes, (_, c) => Math.max(0, optimum.duals[c]!));
      const demand = this.#problem.classes.reduce((sum, { index, pods }) => sum + duals[index]! * pods.length, 0);
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

  close(): void {
    this.#lp.close();
  }

  #solve(knapsack: Knapsack, duals: ArrayLike<number>, budget: number): KnapsackAnswer {
    const answer = knapsack.solve(duals, budget);
    this.#work += answer.visited;
    return answer;
  }

  #columnsOf(patterns: readonly Pattern[]): LpColumn[] {
    const columns: LpColumn[] = [];
    for (const { container, classes, counts } of patterns) {
      const key = `${container}:${classes.join(',')}:${counts.join(',')}`;
      if (classes.length === 0 || this.#seen.has(key)) continue;
      this.#seen.add(key);
      const row = this.#problem.classes.length + container;
      columns.push({ cost: 0, rows: [...classes, row], values: [...counts, 1] });
    }
    return columns;
  }
}

function isViolated({ uppers, demand }: WorthRow, counts: Counts): boolean {
  return worthOf(counts, uppers) < demand * (1 - VIOLATED);
}
