import { InputError } from '@restow/model';
import {
  type AllocationKey,
  actionsTable,
  allocate,
  allocationTable,
  type Body,
  blockersIn,
  idleTable,
  missingIn,
  overTime,
  type Period,
  type ReportFrame,
  SqliteStore,
  savings,
  savingsTable,
  summaryPage,
  summaryTable,
  type Table,
  tablePage,
  toCsv,
  verify,
} from '@restow/report';
import { parseDurationMs } from '../durations.ts';
import { renderReport } from '../render/report.ts';

export interface ReportOptions {
  readonly ledger: string;
  readonly from: string;
  readonly to?: string;
  readonly by: string;
  readonly output: 'table' | 'json' | 'csv' | 'html';
}

type ReportName = 'summary' | 'allocation' | 'idle' | 'actions' | 'savings';

const KEYS = ['namespace', 'controller', 'node'] as const;

/** What a ledger says of a period. */
export function runReport(name: ReportName, options: ReportOptions): void {
  const now = Date.now();
  const period = { from: momentOf(options.from, '--from', now), to: momentOf(options.to ?? '0s', '--to', now) };
  if (period.from >= period.to) throw new InputError('--from is not before --to');
  const by = keyOf(options.by);
  const store = SqliteStore.openToRead(options.ledger);
  try {
    const bodies: Body[] = [];
    const { problem } = verify(store.stored(), (body) => bodies.push(body));
    const missing = missingIn(bodies, period, problem);
    const currency = bodies.find((body) => body.kind === 'opened')?.currency ?? null;
    process.stdout.write(written({ name, by, output: options.output, bodies, frame: { period, currency, missing } }));
  } finally {
    store.close();
  }
}

interface Asked {
  readonly name: ReportName;
  readonly by: AllocationKey;
  readonly output: ReportOptions['output'];
  readonly bodies: readonly Body[];
  readonly frame: ReportFrame;
}

function written({ name, by, output, bodies, frame }: Asked): string {
  const { period, missing } = frame;
  if (output === 'html' && name === 'summary') {
    const allocation = allocate(bodies, period);
    const saved = savings(bodies, period);
    const payers = allocationTable(allocation, by);
    const notes = [...summaryTable(allocation, saved).notes, ...payers.notes];
    const parts = { allocation, payers, savings: saved, blockers: blockersIn(bodies, period) };
    return summaryPage({ frame, by, ...parts, spans: overTime(bodies, period, missing), notes });
  }
  const table = tableOf(name, bodies, period, by);
  if (output === 'csv') return toCsv(table);
  if (output === 'json') return `${asJson(name, table, frame)}\n`;
  if (output === 'html') return tablePage(name, table, frame);
  return renderReport(table, frame);
}

function tableOf(name: ReportName, bodies: readonly Body[], period: Period, by: AllocationKey): Table {
  if (name === 'actions') return actionsTable(bodies, period);
  if (name === 'savings') return savingsTable(savings(bodies, period));
  const allocation = allocate(bodies, period);
  if (name === 'allocation') return allocationTable(allocation, by);
  if (name === 'idle') return idleTable(allocation, blockersIn(bodies, period));
  return summaryTable(allocation, savings(bodies, period));
}

/** Money in micro-units, times in milliseconds since the epoch. */
function asJson(report: string, { columns, rows, total, notes }: Table, frame: ReportFrame): string {
  const named = (row: readonly unknown[]) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]]));
  const units = Object.fromEntries(columns.map(({ name, kind }) => [name, kind]));
  return JSON.stringify(
    { report, ...frame, units, rows: rows.map(named), total: total && named(total), notes },
    null,
    2,
  );
}

/** An ISO 8601 date or time in UTC, or a duration before now. */
function momentOf(text: string, option: string, now: number): number {
  if (/^\d{4}-\d{2}-\d{2}(T.*)?$/.test(text)) {
    const at = Date.parse(text.includes('T') && !/(Z|[+-]\d{2}:\d{2})$/.test(text) ? `${text}Z` : text);
    if (!Number.isNaN(at)) return at;
  } else if (/^\d+d$/.test(text)) {
    return now - parseDurationMs(`${Number(text.slice(0, -1)) * 24}h`, option);
  } else if (/^\d/.test(text)) return now - parseDurationMs(text, option);
  throw new InputError(`${option} ${text}: expected a date such as 2026-11-01, or how long ago, such as 7d or 12h`);
}

function keyOf(by: string): AllocationKey {
  const found = KEYS.find((key) => key === by);
  if (found !== undefined) return found;
  if (/^label:.+$/.test(by)) return by as AllocationKey;
  throw new InputError(`--by ${by}: expected namespace, controller, node or label:NAME`);
}
