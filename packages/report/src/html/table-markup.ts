import { headingOf, isFigure, showCell } from '../tables/show-cell.ts';
import type { Cell, Column, Table } from '../tables/table.ts';
import { html, type Markup } from './markup.ts';

/** A table as it is; `digits` of its money. */
export function tableMarkup({ columns, rows, total }: Omit<Table, 'notes'>, currency: string, digits: number): Markup {
  if (rows.length === 0) return html`<p>nothing</p>`;
  const cells = (row: readonly Cell[], tag: Markup) =>
    row.map((cell, index) => {
      const column = columns[index]!;
      const kind = classOf(column);
      return html`<${tag}${kind}>${showCell(cell, column, currency, digits)}</${tag}>`;
    });
  const td = html`td`;
  const th = html`th`;
  const heads = columns.map((column) => {
    return html`<${th} scope="col"${classOf(column)}>${headingOf(column)}</${th}>`;
  });
  const body = rows.map((row) => html`<tr>${cells(row, td)}</tr>\n`);
  const foot = total === null ? html`` : html`<tfoot><tr>${cells(total, td)}</tr></tfoot>`;
  return html`<div class="wide"><table><thead><tr>${heads}</tr></thead><tbody>${body}</tbody>${foot}</table></div>`;
}

function classOf(column: Column): Markup {
  if (column.kind === 'time') return html` class="time"`;
  return isFigure(column) ? html` class="figure"` : html``;
}
