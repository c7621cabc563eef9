import { statSync } from 'node:fs';
import { type JournalRecord, type MeasuredRates, measureRates } from '@restow/executor';
import { journalOf, listRunIds } from './run-folder.ts';
import { recordsOf } from './run-records.ts';

const MOST_RUNS = 20;
/** Reading must not take the time that there is for moving. */
const MOST_BYTES = 50_000_000;

/** How fast the latest runs from here have moved pods on this cluster (UID of kube-system). */
export async function measuredRates(cluster: string | null): Promise<MeasuredRates> {
  const runs: (readonly JournalRecord[])[] = [];
  let bytes = 0;
  for (const runId of listRunIds().toReversed()) {
    const found = statSync(journalOf(runId), { throwIfNoEntry: false });
    // It was killed before it had begun.
    if (found === undefined) continue;
    bytes += found.size;
    if (bytes > MOST_BYTES || runs.length === MOST_RUNS) break;
    const records = await recordsOf(runId);
    const [first] = records;
    if (first?.type === 'started' && first.cluster !== null && first.cluster === cluster) runs.push(records);
  }
  return measureRates(runs);
}
