import { resolve } from 'node:path';
import { entriesOfRun } from '@restow/controller';
import { beginLedger, SqliteStore } from '@restow/report';
import { recordsOf } from './run-records.ts';

/** Writes a run that is over down in a ledger, which begins with it if there is none. */
export async function noteRun(file: string, runId: string): Promise<void> {
  const records = await recordsOf(runId);
  const [first] = records;
  const bodies = entriesOfRun(records);
  if (first?.type !== 'started' || bodies.length === 0) return;
  const store = SqliteStore.open(resolve(file));
  try {
    const { cluster, at, plan } = first;
    beginLedger(store, { at, cluster, currency: plan.summary.currency });
    store.append(bodies);
  } finally {
    store.close();
  }
}
