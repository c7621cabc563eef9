import type { Notice } from '@restow/executor';
import { sleepMs } from '@restow/kube';
import type { Agents } from '../wire/agents.ts';

export interface AgentNoticeSourceOptions {
  readonly agents: Agents;
  /** Nodes that have agents, as they are now. */
  readonly nodes: () => readonly string[];
  readonly onNotice: (notice: Notice) => void;
  /** An agent does not answer; it is asked again. */
  readonly onProblem: (node: string, error: unknown) => void;
}

const LOOK_MS = 1_000;
const RETRY_MS = 3_000;

/** What the agents of all nodes have heard from their clouds about their end; each is asked all the time. */
export class AgentNoticeSource {
  readonly #options: AgentNoticeSourceOptions;
  readonly #asked = new Map<string, Promise<void>>();

  constructor(options: AgentNoticeSourceOptions) {
    this.#options = options;
  }

  /** Until it is told to stop. */
  async listen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const node of this.#options.nodes()) {
        if (this.#asked.has(node)) continue;
        this.#asked.set(
          node,
          this.#ask(node, signal).finally(() => this.#asked.delete(node)),
        );
      }
      await sleepMs(LOOK_MS, signal).catch(() => {});
    }
    await Promise.all(this.#asked.values());
  }

  async #ask(node: string, signal: AbortSignal): Promise<void> {
    const { agents, nodes, onNotice, onProblem } = this.#options;
    let after = 0;
    while (!signal.aborted && nodes().includes(node)) {
      try {
        const agent = await agents.of(node, signal);
        if (agent === null) return;
        const { version, notices } = await agent.notices(after, signal);
        after = version;
        for (const notice of notices) onNotice({ ...notice, id: `${node}/${notice.id}`, node });
      } catch (error) {
        if (signal.aborted) return;
        onProblem(node, error);
        await sleepMs(RETRY_MS, signal).catch(() => {});
      }
    }
  }
}
