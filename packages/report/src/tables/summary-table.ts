import { type Allocation, microsOf } from '../allocate/allocate.ts';
import type { Savings } from '../savings/savings.ts';
import type { Cell, Table } from './table.ts';

/** A period in a few figures. */
export function summaryTable({ shares, microsTotal, unpriced }: Allocation, { runs, realisedMicros }: Savings): Table {
  const idle = microsOf(shares.filter(({ pod }) => pod === null));
  const spot = microsOf(shares.filter(({ node }) => node.capacityType === 'spot'));
  const percent = (part: number): Cell => (microsTotal === 0 ? null : Math.round((1000 * part) / microsTotal) / 10);
  const row = (what: string, cost: Cell, count: Cell, share: Cell): Cell[] => [what, cost, count, share];
  return {
    columns: [
      { name: 'what', kind: 'text' },
      { name: 'cost', kind: 'micros' },
      { name: 'count', kind: 'count' },
      { name: 'percent', kind: 'percent' },
    ],
    rows: [
      row('nodes', microsTotal, new Set(shares.map(({ node }) => node.uid)).size, null),
      row(
        'of it pods',
        microsTotal - idle,
        new Set(shares.flatMap(({ pod }) => pod?.uid ?? [])).size,
        percent(microsTotal - idle),
      ),
      row('of it idle', idle, null, percent(idle)),
      row('of it spot', spot, null, percent(spot)),
      row('saved by runs, at least', realisedMicros.low, runs.length, null),
      row('saved by runs, at most', realisedMicros.high, null, null),
    ],
    total: null,
    notes: unpriced.map(({ name }) => `the price of node ${name} is not known, and it is not counted`),
  };
}
