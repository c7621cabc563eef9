import type { KubeApi } from '../write/kube-api.ts';
import { annotateLease, leaseAnnotations } from './annotate-lease.ts';
import { PAUSED_ANNOTATION } from './lease-object.ts';

/** Stops every run on the cluster, and keeps others from beginning, until `resumeRuns`. `why` is shown to them. */
export function pauseRuns(api: KubeApi, why: string, signal: AbortSignal): Promise<void> {
  return annotateLease(api, { [PAUSED_ANNOTATION]: why }, signal);
}

/** Why runs may not change the cluster; null: they may. */
export async function whyPaused(api: KubeApi, signal: AbortSignal): Promise<string | null> {
  return (await leaseAnnotations(api, signal))[PAUSED_ANNOTATION] ?? null;
}

/** Runs may change the cluster again. Answers why they could not; null when they could all the time. */
export async function resumeRuns(api: KubeApi, signal: AbortSignal): Promise<string | null> {
  const why = await whyPaused(api, signal);
  if (why !== null) await annotateLease(api, { [PAUSED_ANNOTATION]: null }, signal);
  return why;
}
