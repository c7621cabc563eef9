import type { ActOutcome, MoveOrder, MoveRefusal, Mover } from '@restow/executor';
import type { Method, PodReference } from '@restow/model';
import { evictionRefusal } from '../world/budgets.ts';
import { nameOf, stopPod } from '../world/pods.ts';
import { beginSurge, endSurge, standInOf } from '../world/surge.ts';
import type { World } from '../world/world.ts';
import { answerWhenThere } from './outage.ts';
import type { Simulation } from './simulation.ts';

const POLL_MS = 500;
const STUCK_MS = 300_000;

type Moved = ActOutcome<
  { readonly stoppedAt: number; readonly movedBytes: number; readonly pod: PodReference | null },
  MoveRefusal
>;

/** Moves pods of the simulated cluster by eviction, and single replicas by surge. */
export class SimulatedMover implements Mover {
  readonly methods: readonly Method[] = ['evict', 'volume-handover', 'surge'];
  readonly #world: World;
  readonly #simulation: Simulation;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#world = simulation.world;
  }

  steers(): boolean {
    return this.#world.state.behaviour.steers;
  }

  async move(order: MoveOrder, signal: AbortSignal, onPlaced: (uid: string) => void): Promise<Moved> {
    answerWhenThere(this.#world, signal);
    const { state } = this.#world;
    const { uid } = order.pod;
    if (!state.stopped.has(uid)) {
      const refusal = order.method === 'surge' ? await this.#surge(order, signal, onPlaced) : this.#evict(order);
      if (refusal !== null) return refusal;
    }
    const stoppedAt = state.stopped.get(uid)!.at;
    const deadline = stoppedAt + STUCK_MS;
    while (state.pods.has(uid)) {
      if (this.#world.now >= deadline) return { ok: false, code: 'stuck', reason: `${order.pod.name} does not stop` };
      await this.#simulation.clock.sleep(POLL_MS, signal);
    }
    return { ok: true, stoppedAt, movedBytes: 0, pod: null };
  }

  async withdraw({ pod, id }: MoveOrder, signal: AbortSignal): Promise<ActOutcome> {
    answerWhenThere(this.#world, signal);
    if (this.#world.state.surges.get(pod.uid)?.order === id) endSurge(this.#world, pod.uid, false);
    return { ok: true };
  }

  async #surge(
    order: MoveOrder,
    signal: AbortSignal,
    onPlaced: (uid: string) => void,
  ): Promise<Extract<Moved, { ok: false }> | null> {
    const { state } = this.#world;
    const { uid, name } = order.pod;
    const changed = { ok: false, code: 'changed', reason: `${name} is not there any more as it was` } as const;
    if (!state.surges.has(uid)) {
      const entry = state.pods.get(uid);
      if (entry === undefined || entry.pod.node !== order.from || entry.pod.terminating) return changed;
      if (state.owners.get(order.owner.uid)?.replicas !== 1) return changed;
      beginSurge(this.#world, entry.pod, order.id, this.steers() ? order.to : null);
    }
    for (let placed: string | null = null; ; ) {
      const second = standInOf(this.#world, uid);
      if (second !== null && second.pod.node !== null && placed !== second.pod.uid) {
        placed = second.pod.uid;
        onPlaced(placed);
      }
      const entry = state.pods.get(uid);
      if (entry === undefined || entry.pod.terminating) {
        endSurge(this.#world, uid, true);
        return changed;
      }
      if (second !== null && second.readySince !== null) break;
      await this.#simulation.clock.sleep(POLL_MS, signal);
    }
    const { pod } = state.pods.get(uid)!;
    state.stopped.set(uid, { at: this.#world.now, order: order.id });
    this.#world.log({ kind: 'pod-surged', uid, name: nameOf(pod), node: order.from, order: order.id });
    endSurge(this.#world, uid, true);
    return null;
  }

  /** The Eviction API with the UID as precondition. */
  #evict(order: MoveOrder): Extract<Moved, { ok: false }> | null {
    const { state } = this.#world;
    const { uid, name } = order.pod;
    const entry = state.pods.get(uid);
    if (entry === undefined || entry.pod.node !== order.from || entry.pod.terminating) {
      return { ok: false, code: 'changed', reason: `${name} is not there any more as it was` };
    }
    const refusal = evictionRefusal(state.budgets, state.pods, entry.pod);
    if (refusal !== null) return { ok: false, ...refusal };
    if (this.#world.strikes('eviction-refused', uid)) {
      return { ok: false, code: 'refused', reason: 'an admission webhook refuses the eviction' };
    }
    state.stopped.set(uid, { at: this.#world.now, order: order.id });
    this.#world.log({ kind: 'pod-evicted', uid, name: nameOf(entry.pod), node: order.from, order: order.id });
    stopPod(this.#world, uid, this.steers() ? order.to : null);
    return null;
  }
}
