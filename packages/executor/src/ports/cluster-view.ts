import type { Snapshot } from '@restow/model';

/** The cluster as it is known now. Objects that have not changed are the same ones as before. */
export interface LiveCluster {
  /** Grows with every change. */
  readonly version: number;
  readonly snapshot: Snapshot;
  /** UIDs of pods whose Ready condition holds, with the time since when it does (ms since the epoch). */
  readonly readySince: ReadonlyMap<string, number>;
}

/** Reads the cluster; throws OutageError while it is out of reach. */
export interface ClusterView {
  current(signal: AbortSignal): Promise<LiveCluster>;
  /** Answers once something has changed since `version`, or after `timeoutMs` with what there is. */
  changed(version: number, timeoutMs: number, signal: AbortSignal): Promise<LiveCluster>;
  /** Asks the cluster itself whether it answers, whatever was last heard of it. */
  ask(signal: AbortSignal): Promise<void>;
}
