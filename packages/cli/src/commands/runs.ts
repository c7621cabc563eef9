import { type Account, FileJournal, JournalError, type JournalRecord } from '@restow/executor';
import { formatMicros } from '@restow/model';
import { journalOf, listRunIds, readRunMeta } from '../live/run-folder.ts';
import { renderColumns } from '../render/columns.ts';

export interface RunsOptions {
  readonly output: 'table' | 'json';
}

interface RunSummary {
  readonly run: string;
  readonly server: string;
  readonly startedAt: string | null;
  /** `running`, `broken-off` (to be resumed or aborted), `target`, `start`, `stopped`, `empty`, `damaged`. */
  readonly state: string;
  readonly savingMicrosPerHour: number | null;
  readonly currency: string | null;
}

/** Lists the runs that were begun from this machine. */
export async function runRuns(options: RunsOptions): Promise<void> {
  const runs: RunSummary[] = [];
  for (const run of listRunIds()) runs.push(await summaryOf(run));
  if (options.output === 'json') {
    process.stdout.write(`${JSON.stringify(runs, null, 2)}\n`);
    return;
  }
  if (runs.length === 0) {
    process.stdout.write('no runs yet: restow apply begins one\n');
    return;
  }
  const rows = runs.map(({ run, server, startedAt, state, savingMicrosPerHour, currency }) => [
    run,
    state,
    startedAt ?? '-',
    savingMicrosPerHour === null ? '-' : `${formatMicros(savingMicrosPerHour, currency!)}/h`,
    server,
  ]);
  process.stdout.write(renderColumns([['RUN', 'STATE', 'STARTED', 'SAVED', 'CLUSTER'], ...rows]));
}

async function summaryOf(run: string): Promise<RunSummary> {
  const { server } = readRunMeta(run);
  const nothing = { run, server, startedAt: null, savingMicrosPerHour: null, currency: null };
  let records: readonly JournalRecord[];
  try {
    const journal = FileJournal.open(journalOf(run));
    records = await journal.read();
    await journal.close();
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    return { ...nothing, state: error.code === 'RESTOW_JOURNAL_IN_USE' ? 'running' : 'damaged' };
  }
  const [started] = records;
  if (started?.type !== 'started') return { ...nothing, state: 'empty' };
  const startedAt = new Date(started.at).toISOString();
  const last = records.at(-1)!;
  if (last.type !== 'ended') return { ...nothing, startedAt, state: 'broken-off' };
  const { outcome, microsPerHour, currency } = last.account as Account;
  return {
    run,
    server,
    startedAt,
    state: outcome,
    savingMicrosPerHour: microsPerHour.before - microsPerHour.now,
    currency,
  };
}
