import type { RunPolicy } from '@restow/model';
import type { LiveCluster } from '../ports/cluster-view.ts';

/** Looks how well the cluster is, compared with how it was when the run began or went on. */
export class Brake {
  readonly #policy: RunPolicy['brake'];
  readonly #before: number;
  #unwellSince: number | null = null;

  constructor(policy: RunPolicy['brake'], atStart: LiveCluster) {
    this.#policy = policy;
    this.#before = unready(atStart);
  }

  /** `go`; `wait` while too many pods are not ready; `stop` once that has lasted too long. */
  look(live: LiveCluster, onTheirWay: number, now: number): 'go' | 'wait' | 'stop' {
    const limit = this.#policy.unreadyPodsFraction * live.snapshot.pods.length;
    if (unready(live) - this.#before - onTheirWay <= limit) {
      this.#unwellSince = null;
      return 'go';
    }
    this.#unwellSince ??= now;
    return now - this.#unwellSince >= this.#policy.waitMs ? 'stop' : 'wait';
  }
}

function unready({ snapshot, readySince }: LiveCluster): number {
  return snapshot.pods.filter(({ uid, terminating }) => !terminating && !readySince.has(uid)).length;
}
