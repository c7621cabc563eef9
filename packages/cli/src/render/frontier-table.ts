import { formatMicros, HOURS_PER_MONTH, type Plan } from '@restow/model';
import { renderColumns } from './columns.ts';
import { formatBytes, formatMs, percent } from './plan-table.ts';

const HEADINGS = ['MOVES', 'COST/H', 'SAVING/MONTH', 'SAVED', 'GAP', 'GO', 'COME', 'STALL', 'SENT'];

/** Plans to choose from, one a line. */
export function renderFrontier(plans: readonly Plan[]): string {
  const rows = plans.map(({ summary }) => {
    const { currency, microsPerHour, gap, moves, nodes, stallMs, movedBytes } = summary;
    const { before, after } = microsPerHour;
    const saving = before - after;
    return [
      String(moves),
      formatMicros(after, currency),
      formatMicros(saving * HOURS_PER_MONTH, currency),
      percent(before === 0 ? 0 : saving / before),
      gap === null ? '' : percent(gap, 2),
      String(nodes.removed),
      String(nodes.launched),
      formatMs(stallMs),
      formatBytes(movedBytes),
    ];
  });
  const [{ summary }] = plans as [Plan, ...Plan[]];
  const bound = formatMicros(summary.microsPerHour.bound, summary.currency);
  const table = renderColumns([HEADINGS, ...rows], [...HEADINGS.keys()]);
  return `${table}\nnothing valid costs less than ${bound}/h; restow plan --max-moves MOVES --save plan.json keeps one of them\n`;
}
