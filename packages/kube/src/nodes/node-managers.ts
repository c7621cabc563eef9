import type {
  ActOutcome,
  KeepRefusal,
  LaunchOrder,
  LaunchRefusal,
  NodeIdentity,
  NodeManager,
  Released,
  RemoveRefusal,
} from '@restow/executor';
import type { KubeApi } from '../write/kube-api.ts';
import type { OwnerAdapter } from './owner-adapter.ts';
import { podsOn } from './pods-on.ts';

type Removed = ActOutcome<{ readonly removedAt: number }, RemoveRefusal>;

/** Gives each order to the adapter whose group or node it is; what none of them owns is never deleted. */
export class NodeManagers implements NodeManager {
  readonly #api: KubeApi;
  readonly #adapters: readonly OwnerAdapter[];
  readonly #now: () => number;
  /** By UID. */
  readonly #removed = new Map<string, number>();

  constructor(api: KubeApi, adapters: readonly OwnerAdapter[], now: () => number) {
    this.#api = api;
    this.#adapters = adapters;
    this.#now = now;
  }

  async launch(
    order: LaunchOrder,
    signal: AbortSignal,
  ): Promise<ActOutcome<{ readonly launchedAt: number }, LaunchRefusal>> {
    for (const adapter of this.#adapters) {
      if (order.group !== null && (await adapter.ownsGroup(order.group, signal))) return adapter.launch(order, signal);
    }
    return { ok: false, code: 'refused', reason: `nothing here launches nodes of group ${order.group ?? '(none)'}` };
  }

  async nodeOf(
    token: string,
    signal: AbortSignal,
  ): Promise<ActOutcome<{ readonly node: NodeIdentity | null }, 'lost'>> {
    for (const adapter of this.#adapters) {
      if (await adapter.hasOrder(token, signal)) return adapter.nodeOf(token, signal);
    }
    return { ok: false, code: 'lost', reason: `order ${token} is not there` };
  }

  async release(token: string, signal: AbortSignal): Promise<ActOutcome<Released, RemoveRefusal>> {
    for (const adapter of this.#adapters) {
      if (await adapter.hasOrder(token, signal)) return adapter.release(token, signal);
    }
    return { ok: true, paid: null };
  }

  async remove(node: NodeIdentity, signal: AbortSignal): Promise<Removed> {
    const { name, uid } = node;
    const known = this.#removed.get(uid);
    if (known !== undefined) return { ok: true, removedAt: known };
    const found = await this.#api.read(`/api/v1/nodes/${name}`, signal);
    if (found === null) return this.#gone(uid);
    if (found.metadata.uid !== uid) return { ok: false, code: 'refused', reason: `node ${name} is another one` };
    const adapter = this.#adapters.find((one) => one.owns(found));
    if (adapter === undefined) {
      return { ok: false, code: 'unknown-owner', reason: `nothing here owns node ${name}; it is drained, not deleted` };
    }
    const left = await podsOn(this.#api, name, signal);
    if (left.length > 0) {
      return { ok: false, code: 'not-empty', reason: `node ${name} still runs ${left.slice(0, 3).join(', ')}` };
    }
    const removed = await adapter.remove(node, signal);
    return removed.ok ? this.#gone(uid) : removed;
  }

  async keep(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome<object, KeepRefusal>> {
    const found = await this.#api.read(`/api/v1/nodes/${node.name}`, signal);
    const adapter = found === null ? undefined : this.#adapters.find((one) => one.owns(found));
    return (await adapter?.keep(node, signal)) ?? { ok: true };
  }

  #gone(uid: string): Removed {
    const removedAt = this.#now();
    this.#removed.set(uid, removedAt);
    return { ok: true, removedAt };
  }
}
