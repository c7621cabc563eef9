import type { MachineNotice, Notice, NoticeSource } from '../ports/notice-source.ts';

export interface NoticeBoardOptions {
  /** The node that a machine is; null: none of the cluster, or none yet. */
  readonly nodeOf: (machine: string) => string | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface NoticeCounts {
  readonly notices: number;
  /** Said what was known already. */
  readonly doubled: number;
}

/** After its deadline a machine may still be there, but not for long. */
const AFTER_DEADLINE_MS = 10 * 60_000;
/** A hint without a deadline is worth nothing after that. */
const WITHOUT_DEADLINE_MS = 60 * 60_000;

interface Posted {
  readonly notice: MachineNotice | Notice;
  readonly until: number;
}

/**
 * What all sources have said, each thing once: the same word twice, from a queue that delivers at least once or from a
 * second source that has heard of the same, is one notice with the earlier deadline.
 */
export class NoticeBoard implements NoticeSource {
  readonly #options: NoticeBoardOptions;
  readonly #posted = new Map<string, Posted>();
  #notices = 0;
  #doubled = 0;

  constructor(options: NoticeBoardOptions) {
    this.#options = options;
  }

  get counts(): NoticeCounts {
    return { notices: this.#notices, doubled: this.#doubled };
  }

  /** Whether it is new. */
  post(notice: MachineNotice | Notice): boolean {
    const now = this.#options.now();
    for (const [key, { until }] of this.#posted) if (until < now) this.#posted.delete(key);
    const key = `${notice.kind} ${this.#nodeOf(notice) ?? whatOf(notice)}`;
    const known = this.#posted.get(key)?.notice;
    const deadline = earlier(notice.deadline, known?.deadline ?? null);
    const until = deadline === null ? now + WITHOUT_DEADLINE_MS : Math.max(deadline, now) + AFTER_DEADLINE_MS;
    this.#posted.set(key, { notice: { ...(known ?? notice), deadline }, until });
    if (known === undefined) this.#notices++;
    else this.#doubled++;
    return known === undefined;
  }

  current(): readonly Notice[] {
    const now = this.#options.now();
    return [...this.#posted.values()].flatMap(({ notice, until }) => {
      const node = until < now ? null : this.#nodeOf(notice);
      const { id, kind, deadline } = notice;
      return node === null ? [] : [{ id, kind, node, deadline }];
    });
  }

  #nodeOf(notice: MachineNotice | Notice): string | null {
    return 'node' in notice ? notice.node : this.#options.nodeOf(notice.machine);
  }
}

function whatOf(notice: MachineNotice | Notice): string {
  return 'node' in notice ? notice.node : notice.machine;
}

function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
