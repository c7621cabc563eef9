import type { Amendments, Plan, Snapshot } from '@restow/model';

/** Plans the rest of a run again, from the cluster as it is. */
export interface Planner {
  plan(snapshot: Snapshot, amendments: Amendments, signal: AbortSignal): Promise<Plan>;
}
