import type { Period } from '../allocate/allocate.ts';
import type { Missing } from '../coverage.ts';
import { showTime } from '../tables/show-cell.ts';
import type { Table } from '../tables/table.ts';
import { html } from './markup.ts';
import { type Page, renderPage, type Section } from './page.ts';
import { tableMarkup } from './table-markup.ts';

/** What a report is about. */
export interface ReportFrame {
  readonly period: Period;
  /** null: the ledger does not say. */
  readonly currency: string | null;
  /** For which times nothing is known. */
  readonly missing: readonly Missing[];
}

const MOST_MISSING = 10;
const DIGITS = 4;

/** For which times nothing is known, in words. */
export function missingLines(missing: readonly Missing[]): string[] {
  const more = missing.length > MOST_MISSING ? [`and ${missing.length - MOST_MISSING} more such times`] : [];
  const lines = missing
    .slice(0, MOST_MISSING)
    .map(({ from, until, why }) => `nothing is known from ${showTime(from)} to ${showTime(until)}: ${why}`);
  return [...lines, ...more];
}

export function frameOf(
  title: string,
  { period, missing }: ReportFrame,
  sections: readonly Section[],
  notes: readonly string[],
): Page {
  const about = html`${showTime(period.from)} to ${showTime(period.to)}`;
  return { title, about, sections, notes: [...notes, ...missingLines(missing)] };
}

/** One report as a page of its own. */
export function tablePage(name: string, table: Table, frame: ReportFrame): string {
  const body = tableMarkup(table, frame.currency ?? '', DIGITS);
  return renderPage(frameOf(`restow report ${name}`, frame, [{ heading: name, about: '', body }], table.notes));
}
