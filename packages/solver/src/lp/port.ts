/** A column of a linear program: its cost and its entries. */
export interface LpColumn {
  readonly cost: number;
  /** Row indices, without repeats. */
  readonly rows: readonly number[];
  readonly values: readonly number[];
}

/** Which way a row binds: `>=` or `<=` its right-hand side. */
export interface LpRow {
  readonly sense: '>=' | '<=';
  readonly rhs: number;
}

/**
 * What an engine answers to: minimise cost over x ≥ 0. `duals` has one value for each row, ≥ 0 for `>=` rows and ≤ 0 for
 * `<=` rows.
 */
export interface LpAnswer {
  readonly status: 'optimal' | 'infeasible' | 'unbounded' | 'time-limit' | 'failed';
  readonly objective: number;
  readonly primal: Float64Array;
  readonly duals: Float64Array;
}

/** A program that grows by columns, as column generation wants it. Must be closed. */
export interface LpSession {
  addColumns(columns: readonly LpColumn[]): void;
  /** New right-hand sides, in the order of the rows. */
  setRightHandSides(values: readonly number[]): void;
  solve(): LpAnswer;
  close(): void;
}

/** A library that solves linear programs. It is an oracle: nothing is believed that `certify` does not confirm. */
export interface LpEngine {
  readonly name: string;
  open(rows: readonly LpRow[], columns: readonly LpColumn[]): LpSession;
}

/** What an engine says when it has no optimum. */
export function noAnswer(status: Exclude<LpAnswer['status'], 'optimal'>): LpAnswer {
  return { status, objective: Number.NaN, primal: new Float64Array(), duals: new Float64Array() };
}
