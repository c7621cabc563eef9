import { formatMicros } from '@restow/model';
import type { Scenario, SimulationResult } from '@restow/simulator';
import { renderColumns } from './columns.ts';
import { formatMs, percent } from './plan-table.ts';

const MOST_ROWS = 48;
const BAR_WIDTH = 24;

/** Cost over time with restow and without it, then what restow did, then the sums. */
export function renderSimulation(
  scenario: Scenario,
  currency: string,
  without: SimulationResult,
  withRestow: SimulationResult,
): string {
  const highest = Math.max(...without.hours.map(({ paidMicros }) => paidMicros), 1);
  const step = Math.ceil(without.hours.length / MOST_ROWS);
  const rows = without.hours.flatMap((hour, index): string[][] => {
    if (index % step !== 0) return [];
    const other = withRestow.hours[index]!;
    const bar = '█'.repeat(Math.round((other.paidMicros / highest) * BAR_WIDTH));
    const rest = '░'.repeat(Math.max(0, Math.round((hour.paidMicros / highest) * BAR_WIDTH) - bar.length));
    return [
      [
        `+${index + 1} h`,
        formatMicros(hour.paidMicros, currency),
        formatMicros(other.paidMicros, currency),
        `${hour.nodes} → ${other.nodes} nodes`,
        `${other.pods} pods${other.pendingPods > 0 ? `, ${other.pendingPods} pending` : ''}`,
        bar + rest,
      ],
    ];
  });
  const saved = without.paidMicros - withRestow.paidMicros;
  const accounts = withRestow.runs.flatMap(({ account }) => (account === null ? [] : [account]));
  const sum = (pick: (account: (typeof accounts)[number]) => number) =>
    accounts.reduce((total, account) => total + pick(account), 0);
  const refused = withRestow.runs.filter((run) => run.refused !== null).length;
  const sums = [
    [
      'paid',
      `${formatMicros(without.paidMicros, currency)} without, ${formatMicros(withRestow.paidMicros, currency)} with restow`,
    ],
    [
      'saved',
      `${formatMicros(saved, currency)} in ${scenario.hours} h (${percent(without.paidMicros === 0 ? 0 : saved / without.paidMicros)})`,
    ],
    [
      'runs',
      `${withRestow.runs.length}: ${accounts.filter(({ outcome }) => outcome === 'target').length} reached their target, ` +
        `${accounts.filter(({ outcome }) => outcome === 'stopped').length} stopped, ${refused} refused, ` +
        `${withRestow.runs.length - accounts.length - refused} found nothing worth doing`,
    ],
    ['moves', `${sum(({ moves }) => moves.made)} pods; ${formatMs(sum(({ stallMs }) => stallMs.measured))} stalled`],
    [
      'nodes',
      `${sum(({ nodes }) => nodes.launched)} launched and ${sum(({ nodes }) => nodes.removed)} removed by restow`,
    ],
    [
      'lost',
      `${without.interruptedNodes} nodes taken back by the cloud without, ${withRestow.interruptedNodes} with restow`,
    ],
  ];
  return `hour by hour: paid without restow, with it\n${renderColumns(rows, [1, 2])}\n${renderColumns(sums)}`;
}
