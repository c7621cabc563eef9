import type { Cell, Column, Table } from './table.ts';

/** What a spreadsheet would take for a formula (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r]/;
const QUOTED = /[",\n\r]/;

/** RFC 4180. Money is in the currency, with six digits; times are ISO 8601. Text that looks like a formula is made none. */
export function toCsv({ columns, rows }: Table): string {
  const lines = [
    columns.map(({ name }) => name),
    ...rows.map((row) => row.map((cell, index) => csvCell(cell, columns[index]!))),
  ];
  return lines.map((line) => `${line.map(quoted).join(',')}\r\n`).join('');
}

function csvCell(cell: Cell, { kind }: Column): string {
  if (cell === null) return '';
  if (kind === 'micros') return decimal(Number(cell));
  if (kind === 'time') return new Date(Number(cell)).toISOString();
  const text = String(cell);
  return kind === 'text' && FORMULA.test(text) ? `'${text}` : text;
}

function decimal(micros: number): string {
  const digits = String(Math.abs(micros)).padStart(7, '0');
  return `${micros < 0 ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

function quoted(text: string): string {
  return QUOTED.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
