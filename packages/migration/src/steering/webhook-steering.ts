import { type KubeApi, NOT_FOUND, sleepMs } from '@restow/kube';
import {
  ARMED_ANNOTATION,
  INTENT_COLLECTION,
  intentName,
  intentObject,
  intentObjectSchema,
  WEBHOOK_PATH,
} from './intents.ts';
import type { Steering, SteeringOrder } from './steering.ts';

const ARM_MS = 5_000;
const POLL_MS = 20;
/** Longer than any move, so that nothing is steered by what was forgotten. */
const INTENT_MS = 15 * 60_000;

/**
 * Steers by the cluster's admission webhook, which says of each intent that it knows it.
 */
export class WebhookSteering implements Steering {
  readonly #api: KubeApi;
  readonly #now: () => number;

  constructor(api: KubeApi, now: () => number) {
    this.#api = api;
    this.#now = now;
  }

  /** Whether the cluster has a webhook. */
  async isThere(signal: AbortSignal): Promise<boolean> {
    return (await this.#api.read(WEBHOOK_PATH, signal)) !== null;
  }

  async arm(order: SteeringOrder, signal: AbortSignal): Promise<string | null> {
    if (!(await this.isThere(signal)))
      return `no webhook is registered any more, so ${order.pod.name} cannot be steered`;
    await this.disarm(order.move, signal);
    const intent = { ...order, expiresAt: this.#now() + INTENT_MS };
    const created = await this.#api.create(INTENT_COLLECTION, intentObject(intent), signal);
    if (!created.ok) return `the pod cannot be steered: ${created.message}`;
    const deadline = this.#now() + ARM_MS;
    while (this.#now() < deadline) {
      const found = await this.#api.read(this.#path(order.move), signal);
      if (found !== null && intentObjectSchema.parse(found).metadata.annotations?.[ARMED_ANNOTATION] !== undefined) {
        return null;
      }
      await sleepMs(POLL_MS, signal);
    }
    await this.disarm(order.move, signal);
    return `the webhook does not answer, so ${order.pod.name} cannot be steered`;
  }

  async disarm(move: string, signal: AbortSignal): Promise<void> {
    const found = await this.#api.read(this.#path(move), signal);
    if (found === null) return;
    const answer = await this.#api.delete(this.#path(move), found.metadata.uid, signal);
    if (!answer.ok && answer.status !== NOT_FOUND) throw new Error(`an intent stays: ${answer.message}`);
  }

  #path(move: string): string {
    return `${INTENT_COLLECTION}/${intentName(move)}`;
  }
}
