import type { Highs } from 'highs';
import { type LpAnswer, type LpColumn, type LpEngine, type LpRow, type LpSession, noAnswer } from './port.ts';

/**
 * HiGHS compiled to WebAssembly. The wasm file is read here, so that a bundle can hand over its own bytes.
 * The model stays in memory between solves and starts from its last basis.
 */
export async function loadHighsEngine(wasm: () => Promise<Uint8Array<ArrayBuffer>>): Promise<LpEngine> {
  const bytes = await wasm();
  // The package's types describe its CommonJS shape; the ES module's default export is the loader itself. Of the ways in
  // which its types let the bytes be handed over, this build heeds none but Emscripten's own hook.
  const load = (await import('highs')).default as unknown as (options: EmscriptenOptions) => Promise<Highs>;
  const highs = await load({
    instantiateWasm: (imports, receive) => {
      void webAssembly.instantiate(bytes, imports).then(({ instance }) => receive(instance));
    },
  });
  return { name: `highs ${highs.version.string}`, open: (rows, columns) => new HighsSession(highs, rows, columns) };
}

/** Of the WebAssembly API, whose types come with a browser's library only, just what is used. */
interface WebAssemblyRuntime {
  instantiate(bytes: Uint8Array<ArrayBuffer>, imports: object): Promise<{ readonly instance: object }>;
}

const webAssembly = (globalThis as unknown as { readonly WebAssembly: WebAssemblyRuntime }).WebAssembly;

interface EmscriptenOptions {
  readonly instantiateWasm: (imports: object, receive: (instance: object) => void) => void;
}

const STATUS: Readonly<Record<number, LpAnswer['status']>> = {
  7: 'optimal',
  8: 'infeasible',
  9: 'infeasible',
  10: 'unbounded',
  13: 'time-limit',
  14: 'time-limit',
};

class HighsSession implements LpSession {
  readonly #highs: Highs;
  readonly #model: ReturnType<Highs['createModel']>;
  readonly #rows: readonly LpRow[];

  constructor(highs: Highs, rows: readonly LpRow[], columns: readonly LpColumn[]) {
    this.#highs = highs;
    this.#rows = rows;
    this.#model = highs.createModel();
    this.#model.options.set({ output_flag: false });
    for (const { sense, rhs } of rows) {
      const [lower, upper] = sense === '>=' ? [rhs, highs.infinity] : [-highs.infinity, rhs];
      this.#model.addRow(lower, upper, { indices: [], values: [] });
    }
    this.addColumns(columns);
  }

  addColumns(columns: readonly LpColumn[]): void {
    if (columns.length === 0) return;
    const count = columns.reduce((sum, { rows }) => sum + rows.length, 0);
    const starts = new Int32Array(columns.length + 1);
    const indices = new Int32Array(count);
    const values = new Float64Array(count);
    let at = 0;
    columns.forEach((column, j) => {
      starts[j] = at;
      for (let k = 0; k < column.rows.length; k++) {
        indices[at] = column.rows[k]!;
        values[at++] = column.values[k]!;
      }
    });
    starts[columns.length] = at;
    this.#model.addCols({
      cost: Float64Array.from(columns, ({ cost }) => cost),
      lower: new Float64Array(columns.length),
      upper: new Float64Array(columns.length).fill(this.#highs.infinity),
      matrix: { format: 'csc', numRows: this.#rows.length, numCols: columns.length, starts, indices, values },
    });
  }

  setRightHandSides(rhs: readonly number[]): void {
    rhs.forEach((value, i) => {
      const [lower, upper] =
        this.#rows[i]!.sense === '>=' ? [value, this.#highs.infinity] : [-this.#highs.infinity, value];
      this.#model.changeRowBounds(i, lower, upper);
    });
  }

  solve(): LpAnswer {
    this.#model.run();
    const status = STATUS[this.#model.getModelStatus()] ?? 'failed';
    if (status !== 'optimal') return noAnswer(status);
    const { colValue, rowDual } = this.#model.getSolution();
    return {
      status,
      objective: this.#model.getObjectiveValue(),
      primal: Float64Array.from(colValue),
      duals: Float64Array.from(rowDual),
    };
  }

  close(): void {
    this.#model.dispose();
  }
}
