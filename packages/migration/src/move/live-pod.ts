import { type MoveOrder, OutageError } from '@restow/executor';
import { CONFLICT, type KubeApi, type KubeObject, NOT_FOUND, refusedBecause } from '@restow/kube';
import { z } from 'zod';
import { ARCHIVE_GATE } from '../steering/steering.ts';

const placedSchema = z.looseObject({
  spec: z.looseObject({
    nodeName: z.string().optional(),
    schedulingGates: z.array(z.looseObject({ name: z.string() })).nullish(),
  }),
});

/** A pod of a StatefulSet on its way, and what is made in its place. */
export class LivePod {
  readonly #api: KubeApi;
  readonly #order: MoveOrder;

  constructor(api: KubeApi, order: MoveOrder) {
    this.#api = api;
    this.#order = order;
  }

  /** null when it has gone. */
  async read(signal: AbortSignal): Promise<KubeObject | null> {
    const { name, uid } = this.#order.pod;
    const object = await this.#api.read(this.#path(name), signal);
    return object?.metadata.uid === uid ? object : null;
  }

  async isThere(signal: AbortSignal): Promise<boolean> {
    const object = await this.read(signal);
    return object !== null && object.metadata.deletionTimestamp == null;
  }

  nodeOf(object: KubeObject): string | null {
    return placedSchema.parse(object).spec.nodeName ?? null;
  }

  /** At once, with its UID as precondition: its processes are frozen and cannot end by themselves. */
  async delete(signal: AbortSignal) {
    const { name, uid } = this.#order.pod;
    return this.#delete(name, uid, signal);
  }

  deleteObject({ metadata }: KubeObject, signal: AbortSignal) {
    return this.#delete(metadata.name, metadata.uid, signal);
  }

  /** What its StatefulSet has made since, under the same name. */
  async successor(signal: AbortSignal): Promise<KubeObject | null> {
    const { name, uid } = this.#order.pod;
    const object = await this.#api.read(this.#path(name), signal);
    return object !== null && object.metadata.uid !== uid ? object : null;
  }

  /** Lets the scheduler have what waited for its memory; false where it does not wait. */
  async ungate(object: KubeObject, signal: AbortSignal): Promise<boolean> {
    const gates = placedSchema.parse(object).spec.schedulingGates ?? [];
    const schedulingGates = gates.filter(({ name }) => name !== ARCHIVE_GATE);
    if (schedulingGates.length === gates.length) return false;
    const { name, uid } = object.metadata;
    const answer = await this.#api.patch(this.#path(name), { metadata: { uid }, spec: { schedulingGates } }, signal);
    if (!answer.ok && answer.status !== NOT_FOUND && answer.status !== CONFLICT) {
      throw new OutageError(`pod ${this.#order.pod.namespace}/${name} keeps its gate: ${answer.message}`);
    }
    return answer.ok;
  }

  async #delete(name: string, uid: string, signal: AbortSignal) {
    const answer = await this.#api.delete(this.#path(name), uid, signal, 0);
    if (answer.ok || answer.status === NOT_FOUND) return { ok: true } as const;
    // Under its name there may be another one by now.
    if (answer.status === CONFLICT && !(await this.#is(name, uid, signal))) return { ok: true } as const;
    if (answer.status === CONFLICT) return { ok: false, code: 'changed', reason: answer.message } as const;
    return refusedBecause(`deletion of ${this.#order.pod.namespace}/${name}`, answer);
  }

  async #is(name: string, uid: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#api.read(this.#path(name), signal))?.metadata.uid === uid;
  }

  #path(name: string): string {
    return `/api/v1/namespaces/${this.#order.pod.namespace}/pods/${name}`;
  }
}
