import { formatMicros, HOURS_PER_MONTH } from '@restow/model';
import { nameOfLift, type WhatIfCase } from '@restow/solver';
import { renderColumns } from './columns.ts';

const HEADINGS = ['CONSTRAINT LIFTED', 'COST/H', 'SAVES/MONTH', 'AT LEAST', 'AT MOST', 'MOVES'];

/** What each constraint costs: found, and between what that is proven to be. The first case lifts none. */
export function renderWhatIf(cases: readonly WhatIfCase[], currency: string): string {
  const month = (micros: number) => formatMicros(micros * HOURS_PER_MONTH, currency);
  const rows = cases.map(({ lifts, microsPerHour, moves, saves }, index) => [
    nameOf(lifts.map(nameOfLift), index, cases.length),
    formatMicros(microsPerHour.after, currency),
    ...(index === 0 ? ['', '', ''] : [saves.found, saves.least, saves.most].map(month)),
    String(moves),
  ]);
  return renderColumns([HEADINGS, ...rows], [1, 2, 3, 4, 5]);
}

function nameOf(names: readonly string[], index: number, count: number): string {
  if (names.length === 0) return 'none';
  return names.length > 1 && index === count - 1 ? 'all of these' : names.join(', ');
}
