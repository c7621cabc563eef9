import type { AgentNotices } from '@restow/migration';
import type { Logger } from 'pino';
import type { MetadataSource, OwnNotice } from './metadata-source.ts';

export interface NoticeWatchOptions {
  readonly source: MetadataSource;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly pollMs?: number;
  readonly log: Logger;
}

/** Twice a second would be within its limits, too. Source: AWS asks for every five seconds at least. */
const POLL_MS = 1_000;
/** Whoever waits is answered after so long, changed or not. */
const WAIT_MS = 20_000;

/** Asks the metadata server again and again, and tells whoever waits as soon as it says something new. */
export class NoticeWatch {
  readonly #options: NoticeWatchOptions;
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  #current: readonly OwnNotice[] = [];
  #version: number;
  #isSilent = false;

  constructor(options: NoticeWatchOptions) {
    this.#options = options;
    // Whoever has heard another agent here, which is no more, is answered at once.
    this.#version = options.now();
    void this.#watch();
  }

  /** Answers at once when something has come since `after`, the version of an earlier answer; else when it does. */
  async since(after: number, waitMs = WAIT_MS): Promise<AgentNotices> {
    if (this.#version <= after && !this.#stop.signal.aborted) {
      await new Promise<void>((resolve) => {
        const end = () => {
          clearTimeout(timer);
          this.#waiting.delete(end);
          resolve();
        };
        const timer = setTimeout(end, waitMs);
        this.#waiting.add(end);
      });
    }
    return { version: this.#version, notices: [...this.#current] };
  }

  close(): void {
    this.#stop.abort();
    for (const end of [...this.#waiting]) end();
  }

  async #watch(): Promise<void> {
    const { source, pollMs = POLL_MS, log } = this.#options;
    while (!this.#stop.signal.aborted) {
      try {
        const found = await source.read(this.#stop.signal);
        if (this.#isSilent) log.info('the metadata server answers again');
        this.#isSilent = false;
        if (JSON.stringify(found) !== JSON.stringify(this.#current)) {
          this.#current = found;
          this.#version++;
          for (const end of [...this.#waiting]) end();
        }
      } catch (err) {
        if (!this.#isSilent && !this.#stop.signal.aborted) log.warn({ err }, 'the metadata server does not answer');
        this.#isSilent = true;
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs).unref());
    }
  }
}
