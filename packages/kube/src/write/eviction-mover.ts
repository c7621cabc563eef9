import type { ActOutcome, MoveOrder, Mover } from '@restow/executor';
import type { Method } from '@restow/model';
import { z } from 'zod';
import { sleepMs } from '../sleep.ts';
import { CONFLICT, NOT_FOUND, SERVER_ERROR, TOO_MANY_REQUESTS } from '../status.ts';
import type { KubeApi, KubeObject } from './kube-api.ts';
import type { Moved, NotMoved } from './moved.ts';
import { refusedBecause } from './refusal.ts';

const podSchema = z.looseObject({ spec: z.looseObject({ nodeName: z.string().optional() }) });
const POLL_MS = 500;
/** A pod that is still there so long after its grace period has ended does not stop. */
const STUCK_MS = 60_000;
/** What the Eviction API says of a budget, not of a server that is busy. */
const BUDGET_CAUSE = 'DisruptionBudget';

/**
 * Moves pods by the Eviction API (KEP-85), with the pod's UID as precondition, and waits until what replaces the pod can
 * come. A budget that refuses is asked again no sooner than the server says (Retry-After).
 */
export class EvictionMover implements Mover {
  readonly methods: readonly Method[] = ['evict', 'volume-handover'];
  readonly #api: KubeApi;
  readonly #now: () => number;
  readonly #stopped = new Map<string, number>();
  readonly #notBefore = new Map<string, number>();

  constructor(api: KubeApi, now: () => number) {
    this.#api = api;
    this.#now = now;
  }

  steers(): boolean {
    return false;
  }

  async move(order: MoveOrder, signal: AbortSignal): Promise<Moved> {
    const known = this.#stopped.get(order.id);
    if (known !== undefined) return { ok: true, stoppedAt: known, movedBytes: 0, pod: null };
    const { namespace, name, uid } = order.pod;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const changed = { ok: false, code: 'changed', reason: `pod ${namespace}/${name} is not there as it was` } as const;
    const pod = await this.#api.read(path, signal);
    // Another pod under the name says nothing of this one; no pod at all says that it has gone.
    if (pod !== null && pod.metadata.uid !== uid)
      return order.owner.kind === 'StatefulSet' ? this.#gone(order) : changed;
    if (pod === null) return this.#gone(order);
    if (podSchema.parse(pod).spec.nodeName !== order.from) return changed;
    if (pod.metadata.deletionTimestamp == null) {
      const refusal = await this.#evict(path, order, signal);
      if (refusal !== null) return refusal;
      if (this.#api.isDryRun) return this.#gone(order);
    }
    // Only a StatefulSet waits with what replaces a pod until that has stopped; its node is drained in a step of its own.
    return order.owner.kind === 'StatefulSet' ? this.#untilGone(path, order, signal) : this.#gone(order);
  }

  /** An eviction is sent whole or not at all. */
  async withdraw(): Promise<ActOutcome> {
    return { ok: true };
  }

  async #evict(path: string, { pod }: MoveOrder, signal: AbortSignal): Promise<NotMoved | null> {
    const { namespace, name, uid } = pod;
    if (this.#now() < (this.#notBefore.get(uid) ?? 0)) {
      return { ok: false, code: 'budget', reason: `the budget of ${namespace}/${name} is asked again later` };
    }
    const body = {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { name, namespace },
      deleteOptions: { preconditions: { uid } },
    };
    const answer = await this.#api.create(`${path}/eviction`, body, signal);
    if (answer.ok || answer.status === NOT_FOUND) return null;
    const { status, causes, message, retryAfterMs } = answer;
    if (status === TOO_MANY_REQUESTS && causes.includes(BUDGET_CAUSE)) {
      this.#notBefore.set(uid, this.#now() + (retryAfterMs ?? 0));
      return { ok: false, code: 'budget', reason: message };
    }
    if (status === CONFLICT) return { ok: false, code: 'changed', reason: message };
    // More than one budget: the Eviction API gives up with a server error that does not pass.
    if (status === SERVER_ERROR && /more than one PodDisruptionBudget/.test(message)) {
      return { ok: false, code: 'refused', reason: message };
    }
    return refusedBecause(`eviction of ${namespace}/${name}`, answer);
  }

  async #untilGone(path: string, order: MoveOrder, signal: AbortSignal): Promise<Moved> {
    for (;;) {
      const pod = await this.#api.read(path, signal);
      if (pod === null || pod.metadata.uid !== order.pod.uid) return this.#gone(order);
      if (this.#isStuck(pod)) {
        const finalizers = (pod.metadata.finalizers as readonly string[] | undefined) ?? [];
        const why =
          finalizers.length === 0 ? 'its node does not report its end' : `finalizers: ${finalizers.join(', ')}`;
        return { ok: false, code: 'stuck', reason: `${order.pod.name} was asked to stop and is still there (${why})` };
      }
      await sleepMs(POLL_MS, signal);
    }
  }

  /** The deletion timestamp is when the grace period ends. */
  #isStuck({ metadata }: KubeObject): boolean {
    return metadata.deletionTimestamp != null && this.#now() - Date.parse(metadata.deletionTimestamp) > STUCK_MS;
  }

  #gone(order: MoveOrder): Moved {
    const stoppedAt = this.#stopped.get(order.id) ?? this.#now();
    this.#stopped.set(order.id, stoppedAt);
    return { ok: true, stoppedAt, movedBytes: 0, pod: null };
  }
}
