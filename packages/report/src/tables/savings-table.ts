import type { Savings } from '../savings/savings.ts';
import { type Column, type Table, totalOf } from './table.ts';

const COLUMNS: readonly Column[] = [
  { name: 'run', kind: 'text' },
  { name: 'ended', kind: 'time' },
  { name: 'outcome', kind: 'text' },
  { name: 'nodesRemoved', kind: 'count' },
  { name: 'nodesLaunched', kind: 'count' },
  { name: 'promisedPerHourLow', kind: 'micros' },
  { name: 'promisedPerHourHigh', kind: 'micros' },
  { name: 'avoided', kind: 'micros' },
  { name: 'launched', kind: 'micros' },
  { name: 'cameBack', kind: 'micros' },
  { name: 'realisedLow', kind: 'micros' },
  { name: 'realisedHigh', kind: 'micros' },
];

/** What each run has saved in a period, the first run first. */
export function savingsTable({ runs }: Savings): Table {
  const rows = runs.map((run) => [
    run.run,
    run.endedAt,
    run.outcome,
    run.removed,
    run.launched,
    run.promisedMicrosPerHour.low,
    run.promisedMicrosPerHour.high,
    run.avoidedMicros,
    run.launchedMicros,
    run.backMicros,
    run.realisedMicros.low,
    run.realisedMicros.high,
  ]);
  const unpriced = runs.reduce((sum, one) => sum + one.unpriced, 0);
  return {
    columns: COLUMNS,
    rows,
    total: totalOf(COLUMNS, rows, 'total'),
    notes: unpriced === 0 ? [] : [`${unpriced} nodes without a known price are not counted`],
  };
}
