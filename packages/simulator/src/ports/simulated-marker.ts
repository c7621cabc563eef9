import type { ActOutcome, NodeIdentity, NodeMarker } from '@restow/executor';
import { type SnapshotNode, UNPREFERRED_TAINT } from '@restow/model';
import { SOFT_TAINT } from '../world/nodes.ts';
import type { World } from '../world/world.ts';
import { answerWhenThere } from './outage.ts';

type Mark = 'cordoned' | 'uncordoned' | 'marked' | 'unmarked' | 'protected' | 'unprotected';

/** Cordons and marks nodes of the simulated cluster. */
export class SimulatedMarker implements NodeMarker {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  async cordon(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome<{ readonly wasCordoned: boolean }>> {
    const wasCordoned = this.#world.state.nodes.get(node.name)?.node.unschedulable ?? false;
    const changed = this.#change(node, signal, 'cordoned', (now) => ({ ...now, unschedulable: true }));
    return changed.ok ? { ok: true, wasCordoned } : changed;
  }

  async uncordon(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome> {
    return this.#change(node, signal, 'uncordoned', (now) => ({ ...now, unschedulable: false }));
  }

  async markUnpreferred(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome> {
    return this.#change(node, signal, 'marked', (now) => {
      const others = now.taints.filter(({ key }) => key !== UNPREFERRED_TAINT);
      return { ...now, taints: [...others, SOFT_TAINT] };
    });
  }

  async unmark(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome> {
    return this.#change(node, signal, 'unmarked', (now) => {
      return { ...now, taints: now.taints.filter(({ key }) => key !== UNPREFERRED_TAINT) };
    });
  }

  /** The simulated autoscaler gives back only nodes that have long been empty. */
  async protect(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome> {
    return this.#change(node, signal, 'protected', (now) => now);
  }

  async unprotect(node: NodeIdentity, signal: AbortSignal): Promise<ActOutcome> {
    return this.#change(node, signal, 'unprotected', (now) => now);
  }

  #change(
    { name, uid }: NodeIdentity,
    signal: AbortSignal,
    kind: Mark,
    change: (node: SnapshotNode) => SnapshotNode,
  ): ActOutcome {
    answerWhenThere(this.#world, signal);
    const entry = this.#world.state.nodes.get(name);
    if (entry === undefined || entry.node.uid !== uid) {
      return { ok: false, code: 'gone', reason: `node ${name} is gone` };
    }
    this.#world.setNode({ ...entry, node: change(entry.node) });
    this.#world.log({ kind, node: name });
    this.#world.at({ kind: 'schedule' }, this.#world.state.behaviour.schedulerMs);
    return { ok: true };
  }
}
