import { type ActOutcome, type MoveOrder, type Mover, OutageError } from '@restow/executor';
import type { Method } from '@restow/model';
import { sleepMs } from '../../sleep.ts';
import { CONFLICT } from '../../status.ts';
import type { KubeApi } from '../kube-api.ts';
import type { Moved, NotMoved } from '../moved.ts';
import { refusedBecause } from '../refusal.ts';
import type { Deployment } from './deployment.ts';
import { isReady, SurgeWorkload } from './surge-workload.ts';
import { whyUnfit } from './unfit.ts';

const POLL_MS = 500;
const TRIES = 20;

/**
 * Moves the only pod of a Deployment so that one is ready all the time: one replica more, wait until that is available,
 * one less, of which the pod with the lowest deletion cost goes. What comes up elsewhere than planned is the caller's to
 * judge.
 */
export class SurgeMover implements Mover {
  readonly methods: readonly Method[] = ['surge'];
  readonly #api: KubeApi;
  readonly #now: () => number;
  readonly #stopped = new Map<string, number>();

  constructor(api: KubeApi, now: () => number) {
    this.#api = api;
    this.#now = now;
  }

  steers(): boolean {
    return false;
  }

  async move(order: MoveOrder, signal: AbortSignal, onPlaced: (uid: string) => void): Promise<Moved> {
    if (this.#stopped.has(order.id)) return this.#gone(order);
    const workload = new SurgeWorkload(this.#api, order);
    let placed: string | null = null;
    let lowered = false;
    for (;;) {
      const pod = await workload.pod(signal);
      if (pod === null) {
        const refused = await this.#lower(order, workload, signal);
        return refused ?? this.#gone(order);
      }
      const deployment = await workload.deployment(signal);
      const changed = { ok: false, code: 'changed', reason: `pod ${order.pod.name} is not there as it was` } as const;
      if (pod.spec.nodeName !== order.from || deployment === null) return changed;
      if (!workload.isMarked(pod)) {
        const refusal = await this.#refusal(deployment, signal);
        if (refusal !== null) return refusal;
        const marked = await workload.mark(pod, signal);
        if (!marked.ok) return refused(marked.reason);
        if (!this.#api.isDryRun) continue;
        const answer = await workload.scale(deployment, 2, signal);
        return answer.ok ? this.#gone(order) : refusedBecause(`Deployment ${deployment.metadata.name}`, answer);
      }
      if (deployment.spec.replicas === 1 && !lowered) {
        const answer = await workload.scale(deployment, 2, signal);
        if (answer.ok || answer.status === CONFLICT) continue;
        return this.#undone(order, refusedBecause(`Deployment ${deployment.metadata.name}`, answer), signal);
      }
      const second = await workload.second(signal);
      if (lowered) {
        if (second === null)
          return this.#undone(order, refused(`of ${order.pod.name} and its second that went`), signal);
      } else if (!workload.isRaised(deployment)) {
        return this.#undone(order, { ...changed, reason: 'somebody else has scaled its Deployment' }, signal);
      } else if (second?.spec.nodeName === order.from) {
        return this.#undone(order, refused(`what replaces ${order.pod.name} came to ${order.from} too`), signal);
      } else if (second === null || !isReady(second) || deployment.status.availableReplicas < 2) {
        const failure = deployment.status.conditions?.find(
          (one) => one.type === 'ReplicaFailure' && one.status === 'True',
        );
        if (failure !== undefined)
          return this.#undone(order, refused(failure.message ?? 'no second pod is made'), signal);
      } else {
        const answer = await workload.scale(deployment, 1, signal);
        if (!answer.ok && answer.status !== CONFLICT) {
          return this.#undone(order, refusedBecause(`Deployment ${deployment.metadata.name}`, answer), signal);
        }
        lowered = answer.ok;
        continue;
      }
      if (second?.spec.nodeName !== undefined && placed !== second.metadata.uid) {
        placed = second.metadata.uid;
        onPlaced(placed);
      }
      await sleepMs(POLL_MS, signal);
    }
  }

  async withdraw(order: MoveOrder, signal: AbortSignal): Promise<ActOutcome> {
    const workload = new SurgeWorkload(this.#api, order);
    const pod = await workload.pod(signal);
    if (pod === null) return (await this.#lower(order, workload, signal)) ?? { ok: true };
    if (!workload.isMarked(pod)) return { ok: true };
    const turned = await workload.turnBack(pod, await workload.second(signal), signal);
    if (!turned.ok) return turned;
    const refused = await this.#lower(order, workload, signal);
    return refused ?? workload.unmark(pod, signal);
  }

  async #refusal(deployment: Deployment, signal: AbortSignal): Promise<NotMoved | null> {
    const { replicas } = deployment.spec;
    if (replicas !== 1) return { ok: false, code: 'changed', reason: `its Deployment has ${replicas} replicas by now` };
    const reason = await whyUnfit(this.#api, deployment, signal);
    return reason === null ? null : { ok: false, code: 'unfit', reason };
  }

  /** One replica again, where it was this tool that made it two. */
  async #lower(
    { pod }: MoveOrder,
    workload: SurgeWorkload,
    signal: AbortSignal,
  ): Promise<ReturnType<typeof refused> | null> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const deployment = await workload.deployment(signal);
      if (deployment === null || !workload.isRaised(deployment)) return null;
      const answer = await workload.scale(deployment, 1, signal);
      if (!answer.ok && answer.status !== CONFLICT)
        return refusedBecause(`Deployment ${deployment.metadata.name}`, answer);
    }
    throw new OutageError(`the Deployment of ${pod.namespace}/${pod.name} changes faster than it can be written`);
  }

  async #undone(order: MoveOrder, refusal: NotMoved, signal: AbortSignal): Promise<NotMoved> {
    const withdrawn = await this.withdraw(order, signal);
    return withdrawn.ok ? refusal : { ...refusal, reason: `${refusal.reason}; and ${withdrawn.reason}` };
  }

  #gone(order: MoveOrder): Moved {
    const stoppedAt = this.#stopped.get(order.id) ?? this.#now();
    this.#stopped.set(order.id, stoppedAt);
    return { ok: true, stoppedAt, movedBytes: 0, pod: null };
  }
}

function refused(reason: string) {
  return { ok: false, code: 'refused', reason } as const;
}
