import { RestowError } from '@restow/model';
import { certify, isProven } from './certificate.ts';
import { loadHighsEngine } from './highs-engine.ts';
import { readHighsWasm } from './highs-wasm.ts';
import { loadJavascriptEngine } from './javascript-engine.ts';
import { type LpAnswer, type LpColumn, type LpEngine, type LpRow, type LpSession, noAnswer } from './port.ts';

/** Programs up to this many columns and rows are given to the small engine; above, its dense tableau is slower. */
const SMALL_COLUMNS = 400;
const SMALL_ROWS = 80;

/** No engine gave an answer that proves itself. */
export class LpUnprovenError extends RestowError {
  constructor(engine: string, status: string) {
    super('RESTOW_LP', `${engine} gave no proven optimum (${status}); please report the snapshot, anonymised`);
  }
}

/** A proven optimum: `duals` are feasible within the certificate's tolerance. */
export interface LpOptimum {
  readonly objective: number;
  readonly primal: Float64Array;
  readonly duals: Float64Array;
}

/** A growing program, solved by whichever engine suits its size; an answer without proof is asked of the large one. */
export interface LpMaster {
  readonly columns: readonly LpColumn[];
  add(columns: readonly LpColumn[]): void;
  setRightHandSides(values: readonly number[]): void;
  solve(): LpOptimum;
  close(): void;
}

/** The optimum, or null when no engine could prove one: the caller goes on with what it has. */
export function solveOrNull(master: LpMaster): LpOptimum | null {
  try {
    return master.solve();
  } catch (error) {
    if (error instanceof LpUnprovenError) return null;
    throw error;
  }
}

export interface LpEngines {
  /** Names and versions of the engines, as the plan states them. */
  readonly name: string;
  readonly small: LpEngine;
  readonly large: LpEngine;
  master(rows: readonly LpRow[], columns: readonly LpColumn[]): LpMaster;
}

export async function loadEngines(): Promise<LpEngines> {
  const [small, large] = await Promise.all([loadJavascriptEngine(), loadHighsEngine(readHighsWasm)]);
  return enginesOf(small, large);
}

export function enginesOf(small: LpEngine, large: LpEngine): LpEngines {
  return {
    name: `${small.name}, ${large.name}`,
    small,
    large,
    master: (rows, columns) => new Master(small, large, rows, columns),
  };
}

class Master implements LpMaster {
  readonly #small: LpEngine;
  readonly #large: LpEngine;
  readonly columns: LpColumn[];
  #rows: LpRow[];
  #session: LpSession;
  #engine: LpEngine;

  constructor(small: LpEngine, large: LpEngine, rows: readonly LpRow[], columns: readonly LpColumn[]) {
    this.#small = small;
    this.#large = large;
    this.#rows = [...rows];
    this.columns = [...columns];
    this.#engine = this.#isSmall() ? small : large;
    this.#session = this.#engine.open(rows, columns);
  }

  add(columns: readonly LpColumn[]): void {
    this.columns.push(...columns);
    if (this.#engine === this.#small && !this.#isSmall()) this.#switchToLarge();
    else this.#session.addColumns(columns);
  }

  setRightHandSides(values: readonly number[]): void {
    this.#rows = this.#rows.map(({ sense }, i) => ({ sense, rhs: values[i]! }));
    this.#session.setRightHandSides(values);
  }

  solve(): LpOptimum {
    let answer = this.#ask();
    if (!this.#accepts(answer) && this.#engine === this.#small) {
      this.#switchToLarge();
      answer = this.#ask();
    }
    if (!this.#accepts(answer)) throw new LpUnprovenError(this.#engine.name, answer.status);
    return answer;
  }

  close(): void {
    this.#session.close();
  }

  /** A library that throws has given no answer; whether that matters is for the caller to say. */
  #ask(): LpAnswer {
    try {
      return this.#session.solve();
    } catch {
      return noAnswer('failed');
    }
  }

  #accepts(answer: LpAnswer): boolean {
    return answer.status === 'optimal' && isProven(certify(this.#rows, this.columns, answer));
  }

  #isSmall(): boolean {
    return this.columns.length <= SMALL_COLUMNS && this.#rows.length <= SMALL_ROWS;
  }

  #switchToLarge(): void {
    this.#session.close();
    this.#engine = this.#large;
    this.#session = this.#engine.open(this.#rows, this.columns);
  }
}
