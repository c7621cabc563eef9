import { beginLedger } from '../ledger/begin-ledger.ts';
import type { Body } from '../ledger/entry.ts';
import type { LedgerStore } from '../ledger/ledger-store.ts';
import type { Facts } from './facts.ts';
import { closeAt, type Followed, follow, type OpenIntervals } from './follow.ts';

const HOUR_MS = 3_600_000;
/** So much at most is not known after a crash. */
const BEAT_MS = 300_000;

export interface RecorderOptions {
  readonly store: LedgerStore;
  /** UID of the cluster, and the currency of its prices: written down when the ledger begins. */
  readonly cluster: string | null;
  readonly currency: string;
}

/**
 * Writes down what a cluster was from one moment to the next, from what is seen of it: what ends or changes when it does,
 * all the rest every full hour. What is not written yet is kept beside the ledger, so that the next process goes on with
 * it and only what came and went between them is lost, which is said.
 */
export class Recorder {
  readonly #store: LedgerStore;
  #open: OpenIntervals | null;
  #beatAt = 0;
  /** False until this process has looked for the first time. */
  #looksOn = false;

  constructor({ store, cluster, currency }: RecorderOptions, at: number) {
    this.#store = store;
    const state = store.state();
    this.#open = state === null ? null : (JSON.parse(state) as OpenIntervals);
    beginLedger(store, { at, cluster, currency });
  }

  /** The cluster is as this now. */
  observe(facts: Facts, at: number): void {
    const hours = this.#open === null || !this.#looksOn ? null : hoursUntil(this.#open, at);
    const { bodies, open } = follow(hours?.open ?? this.#open, facts, at, this.#looksOn);
    this.#keep({ bodies: [...(hours?.bodies ?? []), ...bodies], open }, at);
    this.#looksOn = true;
  }

  /** Time passes, and the cluster is as it was. */
  tick(at: number): void {
    if (this.#open === null || !this.#looksOn) return;
    const { bodies, open } = hoursUntil(this.#open, at);
    this.#keep({ bodies, open: { ...open, until: Math.max(open.until, at) } }, at);
  }

  /** Until it is looked at again, it is not known what the cluster is. */
  lookAway(): void {
    this.#looksOn = false;
  }

  /** Writes down what has happened besides. */
  note(bodies: readonly Body[]): void {
    this.#store.append(bodies);
  }

  /** Everything up to now; whoever goes on has nothing to guess for the time before. */
  close(at: number): void {
    if (this.#open === null || !this.#looksOn) return;
    this.#keep(closeAt(this.#open, Math.max(at, this.#open.until)), Number.POSITIVE_INFINITY);
  }

  #keep({ bodies, open }: Followed, at: number): void {
    if (bodies.length > 0 || at - this.#beatAt >= BEAT_MS) {
      // What could not be written is still open, and is written with what comes next.
      this.#store.append(bodies, JSON.stringify(open));
      this.#beatAt = at;
    }
    this.#open = open;
  }
}

/** Closed at each full hour until `at`. */
function hoursUntil(open: OpenIntervals, at: number): Followed {
  const bodies: Body[] = [];
  let now = open;
  for (let hour = nextHour(now.until); hour <= at; hour = nextHour(now.until)) {
    const closed = closeAt(now, hour);
    bodies.push(...closed.bodies);
    now = closed.open;
  }
  return { bodies, open: now };
}

function nextHour(at: number): number {
  return (Math.floor(at / HOUR_MS) + 1) * HOUR_MS;
}
