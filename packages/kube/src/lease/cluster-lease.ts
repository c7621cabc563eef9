import { OutageError } from '@restow/executor';
import { KubeApiError, LeaseLostError } from '../errors.ts';
import { sleepMs } from '../sleep.ts';
import { CONFLICT, FORBIDDEN } from '../status.ts';
import type { KubeApi } from '../write/kube-api.ts';
import { LEASE_NAME, LEASE_NAMESPACE, LEASES, type Lease, leaseSchema, pausedIn } from './lease-object.ts';

/** client-go's defaults for leader election. */
const DURATION_MS = 15_000;
const RENEW_WITHIN_MS = 10_000;
const RETRY_MS = 2000;
const SETTLE_MS = 500;

export interface LeaseClock {
  /** Milliseconds since the epoch, for people and other programs. */
  now(): number;
  /** Milliseconds that only go forward, for deciding. */
  monotonic(): number;
}

export interface LeaseRequest {
  /** Who holds it, such as `run=… pid=…`. */
  readonly holder: string;
  /** A dead process of the same work, whose lease need not run out first; checked by the caller. */
  readonly isPredecessor: (holder: string) => boolean;
  /** Work that goes on and that this must not wait for: it loses the lease, breaks off and can be gone on with. */
  readonly mayBreakOff?: (holder: string) => boolean;
  /** Also while runs are paused. */
  readonly evenIfPaused: boolean;
}

export type LeaseOutcome =
  | { readonly ok: true; readonly lease: ClusterLease }
  | { readonly ok: false; readonly code: 'held' | 'paused' | 'forbidden'; readonly reason: string };

/**
 * The right to change a cluster: one holder at a time (coordination.k8s.io Lease, resourceVersion-guarded, expiry by the
 * observer's own monotonic clock). It is renewed in the background; `assertHeld` is the fence before every change.
 */
export class ClusterLease {
  readonly #api: KubeApi;
  readonly #clock: LeaseClock;
  readonly #holder: string;
  readonly #stop = new AbortController();
  readonly #lost = new AbortController();
  #lease: Lease;
  #renewedAt: number;
  #renewing: Promise<void> = Promise.resolve();

  private constructor(api: KubeApi, clock: LeaseClock, holder: string, lease: Lease) {
    this.#api = api;
    this.#clock = clock;
    this.#holder = holder;
    this.#lease = lease;
    this.#renewedAt = clock.monotonic();
  }

  /**
   * Takes the lease; somebody else's is waited for until it would have run out, and refused when it is renewed
   * meanwhile. `api` must not be fenced by the lease itself.
   */
  static async acquire(
    api: KubeApi,
    clock: LeaseClock,
    request: LeaseRequest,
    signal: AbortSignal,
  ): Promise<LeaseOutcome> {
    let seen: { readonly version: string; readonly at: number } | null = null;
    for (;;) {
      const found = await api.read(LEASES.path, signal);
      const lease = found === null ? null : leaseSchema.parse(found);
      const paused = pausedIn(lease);
      if (paused !== null && !request.evenIfPaused) {
        return { ok: false, code: 'paused', reason: `runs on this cluster are paused: ${paused}` };
      }
      const other = lease?.spec?.holderIdentity;
      const breaksOff = (other && request.mayBreakOff?.(other)) || false;
      if (other && other !== request.holder && !breaksOff && !request.isPredecessor(other)) {
        const { resourceVersion } = lease!.metadata;
        if (seen !== null && seen.version !== resourceVersion) {
          return { ok: false, code: 'held', reason: `another run has the lease of this cluster: ${other}` };
        }
        seen ??= { version: resourceVersion, at: clock.monotonic() };
        if (clock.monotonic() - seen.at < (lease!.spec?.leaseDurationSeconds ?? 0) * 1000) {
          await sleepMs(RETRY_MS / 4, signal);
          continue;
        }
      }
      const taken = await write(api, lease, request.holder, clock.now(), signal);
      if (taken.state === 'conflict') continue;
      if (taken.state === 'forbidden') return { ok: false, code: 'forbidden', reason: taken.reason };
      const mine = new ClusterLease(api, clock, request.holder, taken.lease);
      mine.#renewing = mine.#renew();
      // By then it has tried to renew, and knows that it has lost it.
      if (breaksOff) await sleepMs(RETRY_MS + SETTLE_MS, signal);
      return { ok: true, lease: mine };
    }
  }

  /** Aborted, with LeaseLostError as the reason, when the lease is lost. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Why runs shall stop; null while they need not. */
  get paused(): string | null {
    return pausedIn(this.#lease);
  }

  /**
   * Throws LeaseLostError when somebody else has it, and OutageError while it could not be renewed in time: nobody may
   * have taken it meanwhile, and then it is still ours once the cluster can be reached.
   */
  assertHeld(): void {
    this.#lost.signal.throwIfAborted();
    const age = this.#clock.monotonic() - this.#renewedAt;
    if (age > RENEW_WITHIN_MS) throw new OutageError(`the lease was not renewed for ${Math.round(age / 1000)} s`);
  }

  /** Lets others have it. */
  async release(signal: AbortSignal): Promise<void> {
    this.#stop.abort(new Error('released'));
    await this.#renewing;
    if (!this.#lost.signal.aborted) await write(this.#api, this.#lease, '', this.#clock.now(), signal);
  }

  async #renew(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted && !this.#lost.signal.aborted) {
      await sleepMs(RETRY_MS, signal).catch(() => {});
      if (signal.aborted) return;
      try {
        const begun = this.#clock.monotonic();
        const bounded = AbortSignal.any([signal, AbortSignal.timeout(RENEW_WITHIN_MS)]);
        const taken = await write(this.#api, this.#lease, this.#holder, this.#clock.now(), bounded);
        if (taken.state === 'conflict') await this.#reread(bounded);
        else if (taken.state === 'written') {
          this.#lease = taken.lease;
          this.#renewedAt = begun;
        }
      } catch {
        // An outage; meanwhile the fence lets nothing through.
      }
    }
  }

  /** Somebody has written to it: a pause, or another holder. */
  async #reread(signal: AbortSignal): Promise<void> {
    const found = await this.#api.read(LEASES.path, signal);
    if (found === null) {
      this.#lose('the lease of this cluster was deleted');
      return;
    }
    const lease = leaseSchema.parse(found);
    const holder = lease.spec?.holderIdentity;
    if (holder !== this.#holder) this.#lose(`the lease of this cluster was taken by ${holder || 'nobody'}`);
    else this.#lease = lease;
  }

  #lose(what: string): void {
    if (!this.#lost.signal.aborted) this.#lost.abort(new LeaseLostError(what));
  }
}

type Written =
  | { readonly state: 'written'; readonly lease: Lease }
  /** It has changed meanwhile. */
  | { readonly state: 'conflict' }
  | { readonly state: 'forbidden'; readonly reason: string };

async function write(
  api: KubeApi,
  before: Lease | null,
  holder: string,
  now: number,
  signal: AbortSignal,
): Promise<Written> {
  const renewTime = `${new Date(now).toISOString().slice(0, -1)}000Z`;
  const isNewHolder = before?.spec?.holderIdentity !== holder;
  const spec = {
    ...before?.spec,
    holderIdentity: holder,
    leaseDurationSeconds: DURATION_MS / 1000,
    renewTime,
    ...(isNewHolder ? { acquireTime: renewTime, leaseTransitions: (before?.spec?.leaseTransitions ?? 0) + 1 } : {}),
  };
  const metadata = before?.metadata ?? { name: LEASE_NAME, namespace: LEASE_NAMESPACE };
  const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec };
  const answer =
    before === null ? await api.create(LEASES.collection, body, signal) : await api.replace(LEASES.path, body, signal);
  if (answer.ok) return { state: 'written', lease: leaseSchema.parse(answer.object) };
  if (answer.status === CONFLICT) return { state: 'conflict' };
  if (answer.status === FORBIDDEN) {
    return { state: 'forbidden', reason: `the lease of this cluster may not be written: ${answer.message}` };
  }
  throw new KubeApiError(`lease: ${answer.message}`, answer.status);
}
