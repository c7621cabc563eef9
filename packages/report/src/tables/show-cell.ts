import { formatMicros } from '@restow/model';
import type { Cell, Column } from './table.ts';

/** A figure for people. */
export function showCell(cell: Cell, { kind }: Column, currency: string, digits: number): string {
  if (cell === null) return '';
  if (kind === 'micros') return formatMicros(Number(cell), currency, digits);
  if (kind === 'time') return showTime(Number(cell));
  if (kind === 'percent') return `${cell} %`;
  return String(cell);
}

/** `cpuCost` is `cpu cost`. */
export function headingOf({ name }: Column): string {
  return name.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
}

export function showTime(at: number): string {
  return new Date(at).toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** Figures stand under one another. */
export function isFigure({ kind }: Column): boolean {
  return kind !== 'text' && kind !== 'time';
}
