import { formatMicros } from '@restow/model';
import type { Cell, Column, Missing, Period, Table } from '@restow/report';
import { renderColumns } from './columns.ts';

export interface ReportFrame {
  readonly period: Period;
  /** null: the ledger does not say. */
  readonly currency: string | null;
  /** For which times nothing is known. */
  readonly missing: readonly Missing[];
}

const DIGITS = 4;
const MOST_MISSING = 10;

/** A report for people. */
export function renderReport(
  { columns, rows, total, notes }: Table,
  { period, currency, missing }: ReportFrame,
): string {
  const shown = (row: readonly Cell[]) => row.map((cell, index) => show(cell, columns[index]!, currency ?? ''));
  const right = columns.flatMap(({ kind }, index) => (kind === 'text' || kind === 'time' ? [] : [index]));
  const body = [
    columns.map(({ name }) => heading(name)),
    ...rows.map(shown),
    ...(total === null ? [] : [shown(total)]),
  ];
  const more = missing.length > MOST_MISSING ? [`and ${missing.length - MOST_MISSING} more such times`] : [];
  const unknown = missing
    .slice(0, MOST_MISSING)
    .map(({ from, until, why }) => `nothing is known from ${time(from)} to ${time(until)}: ${why}`);
  const lines = [...notes, ...unknown, ...more].map((line) => `${line}\n`).join('');
  const frame = `${time(period.from)} to ${time(period.to)}\n\n`;
  return `${frame}${rows.length === 0 ? 'nothing\n' : renderColumns(body, right)}${lines === '' ? '' : `\n${lines}`}`;
}

function show(cell: Cell, { kind }: Column, currency: string): string {
  if (cell === null) return '';
  if (kind === 'micros') return formatMicros(Number(cell), currency, DIGITS);
  if (kind === 'time') return time(Number(cell));
  if (kind === 'percent') return `${cell} %`;
  return String(cell);
}

/** `cpuCost` is CPU COST. */
function heading(name: string): string {
  return name.replaceAll(/([A-Z])/g, ' $1').toUpperCase();
}

function time(at: number): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
