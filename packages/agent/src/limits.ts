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
  /** A frozen pod that no controller has asked for so long is taken back. */
  readonly abandonedMs: number;
}

/** The chunks, no faster than they may leave the node. */
export async function* paced(chunks: AsyncIterable<Buffer>, bytesPerSecond: number | null): AsyncGenerator<Buffer> {
  const startedAt = performance.now();
  let bytes = 0;
  for await (const chunk of chunks) {
    yield chunk;
    bytes += chunk.length;
    if (bytesPerSecond === null) continue;
    const aheadMs = (bytes / bytesPerSecond) * 1000 - (performance.now() - startedAt);
    if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs));
  }
}
