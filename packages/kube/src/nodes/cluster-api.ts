import {
  type ActOutcome,
  InTurn,
  type KeepRefusal,
  type LaunchRefusal,
  type NodeIdentity,
  type Released,
  type RemoveRefusal,
} from '@restow/executor';
import { z } from 'zod';
import { otherManager } from '../replicas-managers.ts';
import { sleepMs } from '../sleep.ts';
import { CONFLICT, NOT_FOUND } from '../status.ts';
import type { KubeApi, KubeObject } from '../write/kube-api.ts';
import { refusedBecause } from '../write/refusal.ts';
import {
  controllerOf,
  type Found,
  listMachines,
  readClusterApi,
  type Scalable,
  scalableSchema,
} from './cluster-api-objects.ts';
import type { OwnerAdapter } from './owner-adapter.ts';

const MACHINE = 'cluster.x-k8s.io/machine';
const NAMESPACE = 'cluster.x-k8s.io/cluster-namespace';
/** Machines with it go first when there is one too many. Source: Cluster API, MachineSet delete policy. */
const DELETE_MACHINE = 'cluster.x-k8s.io/delete-machine';
const MINIMUM = 'cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size';
/** Which state of its owner was the last before that was asked for one machine less. */
const REMOVING = 'restow.dev/removing';
const POLL_MS = 500;

const removingSchema = z.strictObject({ owner: z.string(), generation: z.int() });
type Unwritten = ReturnType<typeof refusedBecause>;
type Refused = { readonly ok: false; readonly code: RemoveRefusal; readonly reason: string };

/**
 * Nodes of Cluster API whose management objects are in the same cluster. A node goes by its Machine: marked as the first
 * to go, and its MachineDeployment (or MachineSet) scaled down by one, never below the minimum that is set for the
 * autoscaler, and never where another tool keeps the number of replicas. Nodes are given back, not ordered.
 */
export class ClusterApiNodes implements OwnerAdapter {
  readonly #api: KubeApi;
  readonly #now: () => number;
  /** Scaling one owner: one after the other. */
  readonly #turns = new InTurn();

  constructor(api: KubeApi, now: () => number) {
    this.#api = api;
    this.#now = now;
  }

  async ownsGroup(): Promise<boolean> {
    return false;
  }

  owns({ metadata }: KubeObject): boolean {
    return metadata.annotations?.[MACHINE] !== undefined;
  }

  async hasOrder(): Promise<boolean> {
    return false;
  }

  async launch(): Promise<ActOutcome<{ readonly launchedAt: number }, LaunchRefusal>> {
    return { ok: false, code: 'refused', reason: 'nodes of Cluster API are not ordered from here' };
  }

  async nodeOf(token: string): Promise<ActOutcome<{ readonly node: NodeIdentity | null }, 'lost'>> {
    return { ok: false, code: 'lost', reason: `order ${token} is not there` };
  }

  async release(): Promise<ActOutcome<Released, RemoveRefusal>> {
    return { ok: true, paid: null };
  }

  async remove(
    { name, uid }: NodeIdentity,
    signal: AbortSignal,
  ): Promise<ActOutcome<{ readonly removedAt: number }, RemoveRefusal>> {
    const path = `/api/v1/nodes/${name}`;
    const node = await this.#api.read(path, signal);
    if (node === null || node.metadata.uid !== uid) return { ok: true, removedAt: this.#now() };
    const namespace = node.metadata.annotations?.[NAMESPACE] ?? '';
    const machine = await readClusterApi(this.#api, 'Machine', namespace, node.metadata.annotations![MACHINE]!, signal);
    if (machine === null) {
      return refuse(
        'unknown-owner',
        `the Machine of node ${name} is not in this cluster, which does not manage itself`,
      );
    }
    const owner = await this.#scalableOf(machine.object, namespace, signal);
    if (owner === null)
      return refuse('unknown-owner', `no MachineDeployment or MachineSet owns the Machine of ${name}`);
    if (machine.object.metadata.deletionTimestamp == null) {
      const refused = await this.#turns.do(owner.path, () => this.#giveUp(machine, owner.path, signal));
      if (refused !== null) return refused;
    }
    for (;;) {
      const now = await this.#api.read(path, signal);
      if (now === null || now.metadata.uid !== uid || this.#api.isDryRun) return { ok: true, removedAt: this.#now() };
      await sleepMs(POLL_MS, signal);
    }
  }

  async keep({ name, uid }: NodeIdentity, signal: AbortSignal): Promise<ActOutcome<object, KeepRefusal>> {
    const node = await this.#api.read(`/api/v1/nodes/${name}`, signal);
    if (node === null || node.metadata.uid !== uid) return { ok: true };
    const { annotations } = node.metadata;
    const namespace = annotations?.[NAMESPACE] ?? '';
    const machine = await readClusterApi(this.#api, 'Machine', namespace, annotations?.[MACHINE] ?? '', signal);
    if (machine === null || readMark(machine.object.metadata.annotations?.[REMOVING]) === null) return { ok: true };
    return (await this.#unmark(machine.path, machine.object.metadata.uid, signal)) ?? { ok: true };
  }

  /** Answers once the Machine is about to go. */
  async #giveUp({ path, object }: Found<KubeObject>, ownerPath: string, signal: AbortSignal): Promise<Refused | null> {
    const { uid } = object.metadata;
    const marked = await this.#readMark(path, signal);
    const owner = scalableSchema.parse(await this.#api.read(ownerPath, signal));
    // After a crash: whether it was scaled already, its owner's generation tells.
    const isScaled = marked !== null && marked.generation !== owner.metadata.generation;
    if (!isScaled) {
      const reason = this.#whyNot(owner) ?? (await this.#rival(object, signal));
      if (reason !== null) return reason;
      const mark = JSON.stringify({ owner: owner.metadata.name, generation: owner.metadata.generation });
      const annotated = await this.#annotate(path, uid, { [REMOVING]: mark, [DELETE_MACHINE]: 'restow' }, signal);
      if (annotated !== null) return annotated;
      const { resourceVersion } = owner.metadata;
      const body = {
        metadata: { uid: owner.metadata.uid, resourceVersion },
        spec: { replicas: owner.spec.replicas - 1 },
      };
      const answer = await this.#api.patch(ownerPath, body, signal);
      if (!answer.ok) {
        await this.#unmark(path, uid, signal);
        if (answer.status === CONFLICT) return this.#giveUp({ path, object }, ownerPath, signal);
        return refusedBecause(`${owner.kind ?? 'owner'} ${owner.metadata.name}`, answer);
      }
      if (this.#api.isDryRun) return null;
    }
    for (;;) {
      const now = await this.#api.read(path, signal);
      if (now === null || now.metadata.uid !== uid || now.metadata.deletionTimestamp != null) return null;
      await sleepMs(POLL_MS, signal);
    }
  }

  #whyNot({ metadata, spec }: Scalable): Refused | null {
    const manager = otherManager(metadata.managedFields);
    if (manager !== null) return refuse('protected', `${manager} manages the replicas of ${metadata.name}`);
    const minimum = Number(metadata.annotations?.[MINIMUM] ?? 0);
    if (spec.replicas <= minimum) {
      return refuse('minimum', `${metadata.name} has ${spec.replicas} machines, and ${minimum} at least`);
    }
    return null;
  }

  /** Another machine that shall go first would go in this one's place, with whatever runs on it. */
  async #rival(machine: KubeObject, signal: AbortSignal): Promise<Refused | null> {
    const set = controllerOf(machine)?.uid;
    const machines = await listMachines(this.#api, machine.metadata.namespace!, signal);
    const rival = machines.find(
      (other) =>
        other.metadata.uid !== machine.metadata.uid &&
        controllerOf(other)?.uid === set &&
        other.metadata.deletionTimestamp == null &&
        other.metadata.annotations?.[DELETE_MACHINE] !== undefined,
    );
    return rival === undefined ? null : refuse('protected', `Machine ${rival.metadata.name} is marked to go first`);
  }

  async #scalableOf(machine: KubeObject, namespace: string, signal: AbortSignal): Promise<Found<KubeObject> | null> {
    const set = controllerOf(machine);
    if (set?.kind !== 'MachineSet') return null;
    const found = await readClusterApi(this.#api, 'MachineSet', namespace, set.name, signal);
    const deployment = found === null ? null : controllerOf(found.object);
    if (deployment === null) return found;
    if (deployment.kind !== 'MachineDeployment') return null;
    return readClusterApi(this.#api, 'MachineDeployment', namespace, deployment.name, signal);
  }

  async #readMark(path: string, signal: AbortSignal) {
    return readMark((await this.#api.read(path, signal))?.metadata.annotations?.[REMOVING]);
  }

  #unmark(path: string, uid: string, signal: AbortSignal): Promise<Unwritten | null> {
    return this.#annotate(path, uid, { [REMOVING]: null, [DELETE_MACHINE]: null }, signal);
  }

  async #annotate(path: string, uid: string, annotations: object, signal: AbortSignal): Promise<Unwritten | null> {
    const answer = await this.#api.patch(path, { metadata: { uid, annotations } }, signal);
    return answer.ok || answer.status === NOT_FOUND ? null : refusedBecause(path, answer);
  }
}

function refuse(code: RemoveRefusal, reason: string): Refused {
  return { ok: false, code, reason };
}

function readMark(text: string | undefined): z.infer<typeof removingSchema> | null {
  try {
    return text === undefined ? null : removingSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
