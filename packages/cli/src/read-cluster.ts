import type { Snapshot } from '@restow/model';
import { liveSnapshot, loadSnapshot } from '@restow/snapshotter';

/** Where a command reads the cluster: files, or without any the API server, as kubectl would find it. */
export interface ClusterSource {
  readonly file: readonly string[];
  readonly kubeconfig?: string;
  readonly context?: string;
}

const READ_LIMIT_MS = 10 * 60_000;

export async function readCluster({ file, kubeconfig, context }: ClusterSource): Promise<Snapshot> {
  if (file.length > 0) return loadSnapshot(file, process.stdin);
  const choice = { ...(kubeconfig === undefined ? {} : { kubeconfig }), ...(context === undefined ? {} : { context }) };
  return liveSnapshot(choice, new Date(), AbortSignal.timeout(READ_LIMIT_MS));
}
