import {
  headingOf,
  isFigure,
  missingLines,
  type ReportFrame,
  showCell,
  showTime,
  type Table,
  type TableRow,
} from '@restow/report';
import { renderColumns } from './columns.ts';

const DIGITS = 4;

/** A report for people. */
export function renderReport({ columns, rows, total, notes }: Table, frame: ReportFrame): string {
  const { period, currency, missing } = frame;
  const shown = (row: TableRow) => row.map((cell, index) => showCell(cell, columns[index]!, currency ?? '', DIGITS));
  const right = columns.flatMap((column, index) => (isFigure(column) ? [index] : []));
  const body = [
    columns.map((column) => headingOf(column).toUpperCase()),
    ...rows.map(shown),
    ...(total === null ? [] : [shown(total)]),
  ];
  const lines = [...notes, ...missingLines(missing)].map((line) => `${line}\n`).join('');
  const head = `${showTime(period.from)} to ${showTime(period.to)}\n\n`;
  return `${head}${rows.length === 0 ? 'nothing\n' : renderColumns(body, right)}${lines === '' ? '' : `\n${lines}`}`;
}
