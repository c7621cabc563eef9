import type { Snapshot } from '@restow/model';
import { type ClusterChoice, liveSnapshot, loadSnapshot } from '@restow/snapshotter';

/** Where a command reads the cluster: files, or without any the API server, as kubectl would find it. */
export interface ClusterSource {
  readonly file: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
}

const READ_LIMIT_MS = 10 * 60_000;

export async function readCluster({ file, kubeconfig, context }: ClusterSource): Promise<Snapshot> {
  if (file.length > 0) return loadSnapshot(file, process.stdin);
  return liveSnapshot(clusterChoice(kubeconfig, context), new Date(), AbortSignal.timeout(READ_LIMIT_MS));
}

/** Which cluster kubectl's flags name; what is not said is as kubectl would choose. */
export function clusterChoice(kubeconfig?: string | null, context?: string | null): ClusterChoice {
  return { ...(kubeconfig == null ? {} : { kubeconfig }), ...(context == null ? {} : { context }) };
}
