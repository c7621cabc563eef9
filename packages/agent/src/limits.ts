/** What an agent takes of its node, at most. */
export interface AgentLimitsOptions {
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

export class AgentLimits implements AgentLimitsOptions {
  readonly movesAtOnce: number;
  readonly archiveBytes: number;
  readonly bytesPerSecond: number | null;
  readonly checkpointMs: number;
  readonly transferMs: number;
  readonly abandonedMs: number;

  constructor(options: AgentLimitsOptions) {
    this.movesAtOnce = options.movesAtOnce;
    this.archiveBytes = options.archiveBytes;
    this.bytesPerSecond = options.bytesPerSecond;
    this.checkpointMs = options.checkpointMs;
    this.transferMs = options.transferMs;
    this.abandonedMs = options.abandonedMs;
  }

  /** The chunks, no faster than they may leave the node. */
  async *paced(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const startedAt = performance.now();
    let bytes = 0;
    for await (const chunk of chunks) {
      yield chunk;
      bytes += chunk.length;
      if (this.bytesPerSecond === null) continue;
      const aheadMs = (bytes / this.bytesPerSecond) * 1000 - (performance.now() - startedAt);
      if (aheadMs > 0) await new Promise((resolve) => setTimeout(resolve, aheadMs));
    }
  }
}
