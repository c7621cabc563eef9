/** What an agent takes of its node, at most. */
export interface AgentLimits {
  /** Pods that leave at once, and pods that come at once. */
  readonly movesAtOnce: number;
  /** Of all archives together, in memory. */
  readonly archiveBytes: number;
  /** null: as fast as it goes. */
  readonly bytesPerSecond: number | null;
  readonly checkpointMs: number;
  readonly transferMs: number;
  /** How long memory may be sent while its pod still runs: what takes longer has changed when it is there. */
  readonly aheadMs: number;
  /** A frozen pod that no controller has asked for so long is taken back. */
  readonly abandonedMs: number;
}

/** Lets bytes pass no faster than so many in a second; null: as fast as they come. Ask for one after the other. */
export function pacer(bytesPerSecond: number | null): (bytes: number) => Promise<void> {
  const startedAt = performance.now();
  let passed = 0;
  return async (bytes) => {
    if (bytesPerSecond === null) return;
    passed += bytes;
    const aheadMs = (passed / bytesPerSecond) * 1000 - (performance.now() - startedAt);
    if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs));
  };
}
