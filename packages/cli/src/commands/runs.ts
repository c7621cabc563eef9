import { formatMicros } from '@restow/model';
import { listRunIds } from '../live/run-folder.ts';
import { type RunSummary, summaryOf } from '../live/run-summary.ts';
import { renderColumns } from '../render/columns.ts';

export interface RunsOptions {
  readonly output: 'table' | 'json';
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
