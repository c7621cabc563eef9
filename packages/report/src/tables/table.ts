/** What a figure is, which says how it is shown. */
export type ColumnKind = 'text' | 'micros' | 'count' | 'time' | 'ms' | 'percent';

export interface Column {
  /** As in JSON and CSV. */
  readonly name: string;
  readonly kind: ColumnKind;
}

export type Cell = string | number | null;
export type TableRow = readonly Cell[];

/** One report: its rows, and what has to be known to read them. */
export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly TableRow[];
  /** Of what can be summed up; null where nothing can. */
  readonly total: TableRow | null;
  readonly notes: readonly string[];
}

/** The sum of each column that is money or a count. */
export function totalOf(columns: readonly Column[], rows: readonly TableRow[], name: string): Cell[] {
  return columns.map(({ kind }, index) => {
    if (index === 0) return name;
    if (kind !== 'micros' && kind !== 'count') return null;
    return rows.reduce((sum, row) => sum + Number(row[index] ?? 0), 0);
  });
}
