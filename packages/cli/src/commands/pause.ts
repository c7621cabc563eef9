import { hostname, userInfo } from 'node:os';
import { type ClusterChoice, pauseRuns, resumeRuns } from '@restow/kube';
import { withApi } from '../live/with-api.ts';

export interface PauseOptions extends ClusterChoice {
  readonly reason?: string;
}

const LIMIT_MS = 60_000;

/** Stops every run on the cluster and keeps others from beginning. */
export async function runPause({ reason, ...choice }: PauseOptions): Promise<void> {
  const by = `${userInfo().username}@${hostname()} at ${new Date().toISOString()}`;
  const why = reason === undefined ? `by ${by}` : `${reason} (by ${by})`;
  await withApi({ choice, userAgent: 'restow pause', limitMs: LIMIT_MS }, (api, signal) => pauseRuns(api, why, signal));
  process.stdout.write(
    'runs on this cluster are paused: those that go on stop within seconds; restow resume ends that\n',
  );
}

/** Ends a pause. */
export async function runResume(choice: ClusterChoice): Promise<void> {
  const why = await withApi({ choice, userAgent: 'restow resume', limitMs: LIMIT_MS }, (api, signal) =>
    resumeRuns(api, signal),
  );
  process.stdout.write(why === null ? 'runs on this cluster were not paused\n' : `no longer paused; it was: ${why}\n`);
}
