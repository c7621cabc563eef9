import { type Account, FileJournal, JournalError, type JournalRecord } from '@restow/executor';
import { journalOf, readRunMeta } from './run-folder.ts';

export interface RunSummary {
  readonly run: string;
  readonly server: string;
  readonly startedAt: string | null;
  /** `running`, `broken-off` (to be resumed or aborted), `target`, `start`, `stopped`, `empty`, `damaged`. */
  readonly state: string;
  readonly savingMicrosPerHour: number | null;
  readonly currency: string | null;
}

/** What came of a run that was begun from here, as its journal says. */
export async function summaryOf(run: string): Promise<RunSummary> {
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
