import type {
  ActOutcome,
  LaunchOrder,
  LaunchRefusal,
  NodeIdentity,
  NodeManager,
  Released,
  RemoveRefusal,
} from '@restow/executor';
import { drawRemoveMs, endOrder, orderNode, removeRefusal } from '../world/nodes.ts';
import type { World } from '../world/world.ts';
import { answerWhenThere } from './outage.ts';
import type { Simulation } from './simulation.ts';

/** Buys and gives back nodes of the simulated cloud. */
export class SimulatedNodeManager implements NodeManager {
  readonly #world: World;
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#world = simulation.world;
  }

  async launch(
    order: LaunchOrder,
    signal: AbortSignal,
  ): Promise<ActOutcome<{ readonly launchedAt: number }, LaunchRefusal>> {
    answerWhenThere(this.#world, signal);
    return orderNode(this.#world, order, 'restow');
  }

  async nodeOf(
    token: string,
    signal: AbortSignal,
  ): Promise<ActOutcome<{ readonly node: NodeIdentity | null }, 'lost'>> {
    answerWhenThere(this.#world, signal);
    const order = this.#world.state.orders.get(token);
    if (order === undefined || order.state === 'gone') return { ok: false, code: 'lost', reason: `${token} is gone` };
    const entry = order.node === null ? undefined : this.#world.state.nodes.get(order.node);
    return { ok: true, node: entry === undefined ? null : { name: entry.node.name, uid: entry.node.uid } };
  }

  async release(token: string, signal: AbortSignal): Promise<ActOutcome<Released, RemoveRefusal>> {
    answerWhenThere(this.#world, signal);
    const order = this.#world.state.orders.get(token);
    if (order === undefined) return { ok: true, paid: null };
    const from = order.launchedAt;
    if (order.state === 'gone') return { ok: true, paid: { from, until: order.goneAt! } };
    if (order.node !== null) {
      const removed = await this.remove({ name: order.node, uid: this.#uidOf(order.node) }, signal);
      return removed.ok ? { ok: true, paid: { from, until: removed.removedAt } } : removed;
    }
    endOrder(this.#world, token);
    this.#world.log({ kind: 'order-gone', token, microsPerHour: order.microsPerHour, by: 'restow' });
    this.#world.changed();
    return { ok: true, paid: { from, until: this.#world.now } };
  }

  /** A node is asked to go whole or not at all. */
  async keep(): Promise<{ readonly ok: true }> {
    return { ok: true };
  }

  async remove(
    { name, uid }: NodeIdentity,
    signal: AbortSignal,
  ): Promise<ActOutcome<{ readonly removedAt: number }, RemoveRefusal>> {
    answerWhenThere(this.#world, signal);
    const { state } = this.#world;
    const gone = state.gone.get(uid);
    if (gone !== undefined) return { ok: true, removedAt: gone };
    if (this.#uidOf(name) !== uid) return { ok: false, code: 'refused', reason: `node ${name} is another one` };
    const refusal = removeRefusal(this.#world, name);
    if (refusal !== null) return refusal;
    const entry = state.nodes.get(name)!;
    if (!entry.node.deleting) {
      this.#world.setNode({ ...entry, node: { ...entry.node, deleting: true, unschedulable: true } });
      this.#world.at({ kind: 'node-gone', name, uid }, drawRemoveMs(this.#world, name));
    }
    while (!state.gone.has(uid)) await this.#simulation.clock.sleep(1000, signal);
    return { ok: true, removedAt: state.gone.get(uid)! };
  }

  #uidOf(name: string): string {
    return this.#world.state.nodes.get(name)?.node.uid ?? '';
  }
}
