import type {
  ActOutcome,
  KeepRefusal,
  LaunchOrder,
  LaunchRefusal,
  MachineGroup,
  MachineGroups,
  NodeIdentity,
  Released,
  RemoveRefusal,
} from '@restow/executor';
import { LABEL } from '@restow/model';
import { z } from 'zod';
import { NOT_FOUND } from '../status.ts';
import type { KubeApi, KubeObject } from '../write/kube-api.ts';
import { refusedBecause } from '../write/refusal.ts';
import { orderKey } from './order-key.ts';
import type { OwnerAdapter } from './owner-adapter.ts';

const NAMES = [
  LABEL.eksNodeGroup,
  LABEL.eksctlNodeGroup,
  LABEL.gkeNodePool,
  LABEL.kopsInstanceGroup,
  LABEL.restowTemplate,
];
const nodeSchema = z.looseObject({ spec: z.looseObject({ providerID: z.string().optional() }).optional() });

/** Nodes that are machines of a cloud's groups, by their `spec.providerID`. */
export class MachineGroupNodes implements OwnerAdapter {
  readonly #api: KubeApi;
  readonly #groups: MachineGroups;
  readonly #now: () => number;

  constructor(api: KubeApi, groups: MachineGroups, now: () => number) {
    this.#api = api;
    this.#groups = groups;
    this.#now = now;
  }

  async ownsGroup(group: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#candidates(group, signal)).length > 0;
  }

  owns(node: KubeObject): boolean {
    return machineOf(this.#groups, node) !== null;
  }

  async hasOrder(token: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#groups.ordered(orderKey(token), signal)) !== null;
  }

  async launch(
    order: LaunchOrder,
    signal: AbortSignal,
  ): Promise<ActOutcome<{ readonly launchedAt: number }, LaunchRefusal>> {
    const { token, group, instanceType, zone, capacityType } = order;
    const called = await this.#candidates(group!, signal);
    const candidates = called.filter(({ zones }) => zone === null || zones === null || zones.includes(zone));
    const [only, ...others] = candidates;
    if (only === undefined) {
      return called.length === 0
        ? { ok: false, code: 'refused', reason: `no group is called ${group}` }
        : { ok: false, code: 'no-capacity', reason: `${called.map(({ id }) => id).join(', ')}: not in ${zone}` };
    }
    if (others.length > 0 && zone !== null) {
      const ids = candidates.map(({ id }) => id).join(', ');
      return { ok: false, code: 'refused', reason: `several groups are called ${group}: ${ids}` };
    }
    if (this.#api.isDryRun) return { ok: true, launchedAt: this.#now() };
    return this.#groups.order(only, { key: orderKey(token), instanceType, zone, capacityType }, signal);
  }

  async nodeOf(
    token: string,
    signal: AbortSignal,
  ): Promise<ActOutcome<{ readonly node: NodeIdentity | null }, 'lost'>> {
    const ordered = await this.#groups.ordered(orderKey(token), signal);
    if (ordered === null || ordered.isLost) {
      return { ok: false, code: 'lost', reason: `the machine of order ${token} is gone` };
    }
    const nodes = ordered.machine === null ? [] : await this.#api.list('/api/v1/nodes', signal);
    const node = nodes.find((one) => machineOf(this.#groups, one) === ordered.machine);
    return { ok: true, node: node === undefined ? null : { name: node.metadata.name, uid: node.metadata.uid } };
  }

  async release(token: string, signal: AbortSignal): Promise<ActOutcome<Released, RemoveRefusal>> {
    const found = await this.nodeOf(token, signal);
    const released = await this.#groups.release(orderKey(token), signal);
    if (released.ok && found.ok && found.node !== null) await this.#forget(found.node, signal);
    return released;
  }

  async remove(
    { name, uid }: NodeIdentity,
    signal: AbortSignal,
  ): Promise<ActOutcome<{ readonly removedAt: number }, RemoveRefusal>> {
    const node = await this.#api.read(`/api/v1/nodes/${name}`, signal);
    if (node === null || node.metadata.uid !== uid || this.#api.isDryRun) return { ok: true, removedAt: this.#now() };
    const removed = await this.#groups.remove(machineOf(this.#groups, node)!, signal);
    if (!removed.ok) return removed;
    return (await this.#forget({ name, uid }, signal)) ?? removed;
  }

  async keep({ name, uid }: NodeIdentity, signal: AbortSignal): Promise<ActOutcome<object, KeepRefusal>> {
    const node = await this.#api.read(`/api/v1/nodes/${name}`, signal);
    const machine = node === null || node.metadata.uid !== uid ? null : machineOf(this.#groups, node);
    if (machine === null || !(await this.#groups.isGoing(machine, signal))) return { ok: true };
    return { ok: false, code: 'going', reason: `${machine} is on its way out, and costs until it has gone` };
  }

  /** The cloud's controller does so too, in its own time; until then the node would seem to be there. */
  async #forget({ name, uid }: NodeIdentity, signal: AbortSignal) {
    const answer = await this.#api.delete(`/api/v1/nodes/${name}`, uid, signal);
    return answer.ok || answer.status === NOT_FOUND ? null : refusedBecause(`node ${name}`, answer);
  }

  /** Other clusters have groups of the same name: where this one has nodes called so, it is theirs. */
  async #candidates(name: string, signal: AbortSignal): Promise<readonly MachineGroup[]> {
    const groups = await this.#groups.groupsNamed(name, signal);
    if (groups.length < 2) return groups;
    const nodes = await this.#api.list('/api/v1/nodes', signal);
    const called = nodes.filter(({ metadata }) => NAMES.some((key) => metadata.labels?.[key] === name));
    const machines = new Set(called.map((node) => machineOf(this.#groups, node)));
    const own = groups.filter((group) => group.machines.some((machine) => machines.has(machine)));
    const clusters = new Set(own.map(({ cluster }) => cluster));
    return groups.filter((group) => own.includes(group) || (group.cluster !== null && clusters.has(group.cluster)));
  }
}

function machineOf(groups: MachineGroups, node: KubeObject): string | null {
  const providerId = nodeSchema.parse(node).spec?.providerID;
  return providerId === undefined ? null : groups.machineAt(providerId);
}
