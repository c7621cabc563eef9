import { formatMicros, HOURS_PER_MONTH } from '@restow/model';
import { type Allocation, microsOf } from '../allocate/allocate.ts';
import { IDLE_KINDS, type IdleKind } from '../allocate/idle.ts';
import type { Blocker } from '../blockers.ts';
import { missingMs } from '../coverage.ts';
import type { Span } from '../over-time.ts';
import type { Savings } from '../savings/savings.ts';
import { blockersTable } from '../tables/blockers-table.ts';
import { savingsTable } from '../tables/savings-table.ts';
import type { Table } from '../tables/table.ts';
import { type Bar, barsChart } from './bars-chart.ts';
import { costChart } from './cost-chart.ts';
import { frameOf, type ReportFrame } from './frame.ts';
import { html, type Markup } from './markup.ts';
import { renderPage, type Section } from './page.ts';
import { tableMarkup } from './table-markup.ts';
import { waterfallChart } from './waterfall-chart.ts';

export interface SummaryPage {
  readonly frame: ReportFrame;
  readonly allocation: Allocation;
  readonly spans: readonly Span[];
  /** Who pays: `by` names the first column. */
  readonly payers: Table;
  readonly by: string;
  readonly savings: Savings;
  /** null: nothing was planned. */
  readonly blockers: readonly Blocker[] | null;
  readonly notes: readonly string[];
}

const HOUR_MS = 3_600_000;
const DIGITS = 2;
const MOST_PAYERS = 12;
const MOST_ROWS = 15;
const RUN_COLUMNS = [
  ...['run', 'ended', 'nodesRemoved', 'nodesLaunched'],
  ...['promisedPerHourLow', 'realisedLow', 'realisedHigh'],
];
const IDLE_NAMES: Readonly<Record<IdleKind, string>> = {
  blocked: 'blocked: something holds the node',
  reserve: 'reserve: policy keeps it free',
  stranded: 'stranded: too little else beside it',
  free: 'free: to be had',
};

/** A period on one page, for somebody who pays for it. */
export function summaryPage(page: SummaryPage): string {
  const { frame, savings } = page;
  const currency = frame.currency ?? '';
  const sections: Section[] = [
    { heading: 'At a glance', about: 'Prices are those that the ledger was kept with.', body: tiles(page, currency) },
    {
      heading: 'Cost over time',
      about: 'What nodes cost, by whether pods asked for it. Times are UTC.',
      body: costChart(page.spans, currency),
    },
    savingsSection(savings, currency),
    {
      heading: `Who pays, by ${page.by}`,
      about: 'Of each resource the larger of request and use, where use is known.',
      body: payersChart(page, currency),
    },
    {
      heading: 'Why idle is idle',
      about: 'What nobody asked for, and what would have to change for it not to be paid.',
      body: idleChart(page.allocation, currency),
    },
    blockersSection(page.blockers, currency),
  ];
  return renderPage(frameOf('What the cluster cost', frame, sections, page.notes));
}

function tiles({ frame, allocation, savings }: SummaryPage, currency: string): Markup {
  const { period, missing } = frame;
  const { microsTotal, shares } = allocation;
  const lengthMs = period.to - period.from;
  const knownMs = lengthMs - missingMs(missing, period);
  const idle = microsOf(shares.filter(({ pod }) => pod === null));
  const spot = microsOf(shares.filter(({ node }) => node.capacityType === 'spot'));
  const money = (micros: number) => formatMicros(micros, currency, DIGITS);
  const part = (micros: number) => (microsTotal === 0 ? '–' : `${((100 * micros) / microsTotal).toFixed(1)} %`);
  const month = knownMs === 0 ? '–' : money(Math.round((microsTotal * HOURS_PER_MONTH * HOUR_MS) / knownMs));
  const { low, high } = savings.realisedMicros;
  const runs = `saved by ${savings.runs.length} runs`;
  const saved = low === high ? runs : `${runs}, at least; at most ${money(high)}`;
  const tile = (figure: string, what: string, kind = '') => {
    return html`<div class="tile"><b class="${kind}">${figure}</b><span>${what}</span></div>`;
  };
  return html`<div class="tiles">${[
    tile(money(microsTotal), 'paid for nodes'),
    tile(month, 'a month at this rate'),
    tile(money(low), saved, low < 0 ? 'bad' : low > 0 ? 'good' : ''),
    tile(part(idle), 'of it idle'),
    tile(part(spot), 'of it spot'),
    tile(`${((100 * knownMs) / lengthMs).toFixed(1)} %`, 'of the time is known', knownMs < lengthMs ? 'bad' : ''),
  ]}</div>`;
}

function savingsSection(savings: Savings, currency: string): Section {
  const { runs, realisedMicros } = savings;
  const sum = (of: (run: Savings['runs'][number]) => number) => runs.reduce((all, run) => all + of(run), 0);
  const falls = [
    { label: 'removed nodes would have cost', micros: sum((run) => run.avoidedMicros), isSum: false },
    { label: 'nodes launched for it', micros: -sum((run) => run.launchedMicros), isSum: false },
    { label: 'saved at most', micros: realisedMicros.high, isSum: true },
    { label: 'came back by another hand', micros: realisedMicros.low - realisedMicros.high, isSum: false },
    { label: 'saved at least', micros: realisedMicros.low, isSum: true },
  ];
  const { columns, rows, total } = columnsOf(savingsTable(savings), RUN_COLUMNS);
  const older =
    rows.length > MOST_ROWS ? html`<p class="about">The last ${MOST_ROWS} of ${rows.length} runs.</p>` : html``;
  const body =
    runs.length === 0
      ? html`<p>No run has ended in this time or before it.</p>`
      : html`${waterfallChart(falls, currency)}${older}${tableMarkup({ columns, rows: rows.slice(-MOST_ROWS), total }, currency, DIGITS)}`;
  return {
    heading: 'What was saved',
    about:
      'The price of every node that a run has removed for as long as it is gone, less that of every node that it has launched. ' +
      'Nodes that somebody else has added since may be its doing or not: hence the range.',
    body,
  };
}

function columnsOf({ columns, rows, total, notes }: Table, names: readonly string[]): Table {
  const indexes = names.map((name) => columns.findIndex((column) => column.name === name));
  const picked = <Of>(row: readonly Of[]) => indexes.map((index) => row[index]!);
  return { columns: picked(columns), rows: rows.map(picked), total: total && picked(total), notes };
}

function payersChart({ payers, allocation }: SummaryPage, currency: string): Markup {
  const all = payers.rows.map((row) => ({ label: String(row[0]), micros: Number(row.at(-1)) }));
  const isIdle = ({ label }: { readonly label: string }) => label === '__idle__';
  const pods = all.filter((one) => !isIdle(one));
  const bars: Bar[] = pods.slice(0, MOST_PAYERS).map((one) => ({ ...one, kind: 'pods' }));
  const rest = pods.slice(MOST_PAYERS);
  if (rest.length > 0) {
    const micros = rest.reduce((sum, one) => sum + one.micros, 0);
    bars.push({ label: `${rest.length} others`, micros, kind: 'pods' });
  }
  for (const { micros } of all.filter(isIdle)) bars.push({ label: 'idle', micros, kind: 'idle' });
  return bars.length === 0 ? html`<p>nothing</p>` : barsChart(bars, allocation.microsTotal, currency);
}

function idleChart({ shares, microsTotal }: Allocation, currency: string): Markup {
  const bars = IDLE_KINDS.map((kind): Bar => {
    return { label: IDLE_NAMES[kind], micros: microsOf(shares.filter(({ idle }) => idle === kind)), kind: 'idle' };
  });
  return barsChart(bars, microsTotal, currency);
}

function blockersSection(blockers: readonly Blocker[] | null, currency: string): Section {
  const table = blockersTable(blockers ?? []);
  const rows = table.rows.slice(0, MOST_ROWS);
  const body =
    blockers === null
      ? html`<p>Nothing was planned in this time, so nobody knows.</p>`
      : tableMarkup({ ...table, rows }, currency, DIGITS);
  const more = table.rows.length > rows.length ? ` The dearest ${rows.length} of ${table.rows.length}.` : '';
  return {
    heading: 'What stands in the way',
    about: `What held nodes that could have gone or been cheaper ones, and what that costs a month, as the last plan estimated it.${more}`,
    body,
  };
}
