import type { ActOutcome, MoveOrder } from '@restow/executor';
import { z } from 'zod';
import { replicasManagers } from '../../replicas-managers.ts';
import { NOT_FOUND } from '../../status.ts';
import { type KubeApi, metadataSchema, type WriteAnswer } from '../kube-api.ts';
import { refusedBecause } from '../refusal.ts';
import { type Deployment, deploymentSchema } from './deployment.ts';

const SURGE = 'restow.dev/surge';
/** The pod with the lowest goes first when there are too many (KEP-2255). */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const LOWEST_COST = '-2147483647';

const podSchema = z.looseObject({
  metadata: metadataSchema,
  spec: z.looseObject({ nodeName: z.string().optional() }),
  status: z
    .looseObject({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).nullish() })
    .default({}),
});
export type WorkloadPod = z.infer<typeof podSchema>;

const replicaSetSchema = z.looseObject({
  metadata: metadataSchema,
  spec: z.looseObject({ selector: z.looseObject({ matchLabels: z.record(z.string(), z.string()).default({}) }) }),
});
const markSchema = z.strictObject({ order: z.string(), deletionCost: z.string().nullable() });

/**
 * A Deployment with the pod that leaves by one order, and the second that comes in its place. What is under way can be
 * read off the cluster by whoever comes after a crash: the pod is marked as the one that shall go, and the Deployment's
 * managed fields say who raised its replicas.
 */
export class SurgeWorkload {
  readonly #api: KubeApi;
  readonly #order: MoveOrder;

  constructor(api: KubeApi, order: MoveOrder) {
    this.#api = api;
    this.#order = order;
  }

  /** The pod that leaves; null when it has gone, or is going. */
  async pod(signal: AbortSignal): Promise<WorkloadPod | null> {
    const { name, uid } = this.#order.pod;
    const pod = podSchema.nullable().parse(await this.#api.read(this.#podPath(name), signal));
    return pod?.metadata.uid === uid && pod.metadata.deletionTimestamp == null ? pod : null;
  }

  /** null when the pod's ReplicaSet is not there any more, or no Deployment's. */
  async deployment(signal: AbortSignal): Promise<Deployment | null> {
    const set = await this.#replicaSet(signal);
    const owner = set?.metadata.ownerReferences?.find(
      ({ controller, kind }) => controller === true && kind === DEPLOYMENT,
    );
    if (owner === undefined) return null;
    const found = await this.#api.read(this.#deploymentPath(owner.name), signal);
    return found?.metadata.uid === owner.uid ? deploymentSchema.parse(found) : null;
  }

  /** Another pod of the same ReplicaSet that is not about to go: one that has a node before one that has none. */
  async second(signal: AbortSignal): Promise<WorkloadPod | null> {
    const { owner, pod } = this.#order;
    const set = await this.#replicaSet(signal);
    if (set === null) return null;
    const labels = Object.entries(set.spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
    const path = `/api/v1/namespaces/${pod.namespace}/pods?labelSelector=${encodeURIComponent(labels.join(','))}`;
    const others = (await this.#api.list(path, signal))
      .map((object) => podSchema.parse(object))
      .filter(
        ({ metadata }) =>
          metadata.uid !== pod.uid &&
          metadata.deletionTimestamp == null &&
          metadata.ownerReferences?.some(({ uid }) => uid === owner.uid) === true,
      );
    return others.find(({ spec }) => spec.nodeName !== undefined) ?? others[0] ?? null;
  }

  isMarked({ metadata }: WorkloadPod): boolean {
    return readMark(metadata.annotations?.[SURGE])?.order === this.#order.id;
  }

  /** The pod shall go first when there is one too many. */
  mark({ metadata }: WorkloadPod, signal: AbortSignal): Promise<ActOutcome> {
    const mark = { order: this.#order.id, deletionCost: metadata.annotations?.[DELETION_COST] ?? null };
    return this.#annotate(metadata, { [SURGE]: JSON.stringify(mark), [DELETION_COST]: LOWEST_COST }, signal);
  }

  /** The pod is what it was before. */
  unmark({ metadata }: WorkloadPod, signal: AbortSignal): Promise<ActOutcome> {
    const mark = readMark(metadata.annotations?.[SURGE]);
    return this.#annotate(metadata, { [SURGE]: null, [DELETION_COST]: mark?.deletionCost ?? null }, signal);
  }

  /** The second pod shall go first, and not the one that was to leave. */
  async turnBack(pod: WorkloadPod, second: WorkloadPod | null, signal: AbortSignal): Promise<ActOutcome> {
    const mark = readMark(pod.metadata.annotations?.[SURGE]);
    const spared = await this.#annotate(pod.metadata, { [DELETION_COST]: mark?.deletionCost ?? null }, signal);
    if (!spared.ok || second === null) return spared;
    return this.#annotate(second.metadata, { [DELETION_COST]: LOWEST_COST }, signal);
  }

  /** Whether it was by this tool that the Deployment has two replicas. */
  isRaised(deployment: Deployment): boolean {
    const { fieldManager } = this.#api;
    const ours = replicasManagers(deployment.metadata.managedFields).some(
      ({ manager, subresource }) => manager === fieldManager && subresource === 'scale',
    );
    return deployment.spec.replicas === 2 && ours;
  }

  /** Only for the Deployment as it was looked at. */
  scale({ metadata }: Deployment, replicas: number, signal: AbortSignal): Promise<WriteAnswer> {
    const { name, uid, resourceVersion } = metadata;
    const path = `${this.#deploymentPath(name)}/scale`;
    return this.#api.patch(path, { metadata: { uid, resourceVersion }, spec: { replicas } }, signal);
  }

  async #replicaSet(signal: AbortSignal): Promise<z.infer<typeof replicaSetSchema> | null> {
    const { owner, pod } = this.#order;
    const found = await this.#api.read(`/apis/apps/v1/namespaces/${pod.namespace}/replicasets/${owner.name}`, signal);
    return found?.metadata.uid === owner.uid ? replicaSetSchema.parse(found) : null;
  }

  async #annotate(
    { name, uid }: WorkloadPod['metadata'],
    annotations: object,
    signal: AbortSignal,
  ): Promise<ActOutcome> {
    const answer = await this.#api.patch(this.#podPath(name), { metadata: { uid, annotations } }, signal);
    if (answer.ok || answer.status === NOT_FOUND) return { ok: true };
    return refusedBecause(`pod ${this.#order.pod.namespace}/${name}`, answer);
  }

  #podPath(name: string): string {
    return `/api/v1/namespaces/${this.#order.pod.namespace}/pods/${name}`;
  }

  #deploymentPath(name: string): string {
    return `/apis/apps/v1/namespaces/${this.#order.pod.namespace}/deployments/${name}`;
  }
}

const DEPLOYMENT = 'Deployment';

export function isReady({ status }: WorkloadPod): boolean {
  return status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true;
}

/** What others have written there is no mark. */
function readMark(text: string | undefined): z.infer<typeof markSchema> | null {
  try {
    return text === undefined ? null : markSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
