import { type LpAnswer, type LpColumn, type LpEngine, type LpRow, type LpSession, noAnswer } from './port.ts';

/**
 * `javascript-lp-solver`: a dense tableau, quick to start and quick on small programs. It keeps no basis, so every solve
 * starts afresh. On degenerate programs it may go round in circles for ever, which a limit on pivots ends. Duals are the cost row of the last tableau at the rows' slack columns; `certify` is what makes them
 * trustworthy.
 */
export async function loadJavascriptEngine(): Promise<LpEngine> {
  const { Model } = (await import('javascript-lp-solver')).default as unknown as { Model: ModelConstructor };
  return { name: 'javascript-lp-solver 1.0.3', open: (rows, columns) => new JavascriptSession(Model, rows, columns) };
}

interface TableauConstraint {
  readonly slack: { readonly index: number };
  addTerm(coefficient: number, variable: object): unknown;
}
interface TableauModel {
  minimize(): unknown;
  greaterThan(rhs: number): TableauConstraint;
  smallerThan(rhs: number): TableauConstraint;
  addVariable(cost: number, id: string): { readonly value: number };
  solve(): {
    readonly feasible: boolean;
    readonly bounded: boolean;
    readonly evaluation: number;
    generateSolutionSet(): Record<string, number | undefined>;
  };
  readonly tableau: {
    pivot(row: number, column: number): void;
    readonly matrix: Float64Array;
    readonly width: number;
    readonly costRowIndex: number;
    readonly colByVarIndex: readonly number[];
  };
}
type ModelConstructor = new (precision?: number) => TableauModel;

/** A program with an answer has it after far fewer pivots for each of its rows and columns. */
const MOST_PIVOTS = 20;

class TooManyPivots extends Error {}

class JavascriptSession implements LpSession {
  readonly #Model: ModelConstructor;
  #rows: readonly LpRow[];
  readonly #columns: LpColumn[];

  constructor(Model: ModelConstructor, rows: readonly LpRow[], columns: readonly LpColumn[]) {
    this.#Model = Model;
    this.#rows = rows;
    this.#columns = [...columns];
  }

  addColumns(columns: readonly LpColumn[]): void {
    this.#columns.push(...columns);
  }

  setRightHandSides(values: readonly number[]): void {
    this.#rows = this.#rows.map(({ sense }, i) => ({ sense, rhs: values[i]! }));
  }

  solve(): LpAnswer {
    const model = new this.#Model(1e-9);
    model.minimize();
    const constraints = this.#rows.map(({ sense, rhs }) =>
      sense === '>=' ? model.greaterThan(rhs) : model.smallerThan(rhs),
    );
    this.#columns.forEach(({ cost, rows, values }, j) => {
      const variable = model.addVariable(cost, `x${j}`);
      for (let k = 0; k < rows.length; k++) constraints[rows[k]!]!.addTerm(values[k]!, variable);
    });
    limitPivots(model, MOST_PIVOTS * (this.#rows.length + this.#columns.length));
    let solution: ReturnType<TableauModel['solve']>;
    try {
      solution = model.solve();
    } catch (error) {
      if (error instanceof TooManyPivots) return noAnswer('failed');
      throw error;
    }
    const { matrix, width, costRowIndex, colByVarIndex } = model.tableau;
    const set = solution.generateSolutionSet();
    return {
      status: !solution.feasible ? 'infeasible' : solution.bounded ? 'optimal' : 'unbounded',
      objective: solution.evaluation,
      primal: Float64Array.from(this.#columns, (_, j) => set[`x${j}`] ?? 0),
      duals: Float64Array.from(constraints, ({ slack }, i) => {
        const column = colByVarIndex[slack.index] ?? -1;
        const value = column < 0 ? 0 : Math.abs(matrix[costRowIndex * width + column]!);
        return value === 0 ? 0 : this.#rows[i]!.sense === '>=' ? value : -value;
      }),
    };
  }

  close(): void {}
}

function limitPivots({ tableau }: TableauModel, most: number): void {
  const pivot = tableau.pivot.bind(tableau);
  let left = most;
  tableau.pivot = (row, column) => {
    if (left-- === 0) throw new TooManyPivots();
    pivot(row, column);
  };
}
