import type { JournalRecord } from '@restow/executor';
import type { Policy } from '@restow/model';
import { isUnder, type World, type WorldLogEntry } from '@restow/simulator';

const MINUTE_MS = 60_000;

/**
 * Looks at the simulated cluster from outside, knows nothing of the executor but its policy and which nodes it says it
 * is emptying, and notes everything that must never happen.
 */
export class Watcher {
  readonly wrong: string[] = [];
  readonly #policy: Policy;
  readonly #world: World;
  /** Evicted pods whose successor is not ready: by owner. */
  readonly #away = new Map<string, string[]>();
  /** UIDs of pods by the step that moves them. */
  readonly #moved = new Map<string, string>();
  readonly #evictedAt: number[] = [];
  readonly #emptying = new Set<string>();

  constructor(world: World, policy: Policy) {
    this.#world = world;
    this.#policy = policy;
    world.watch((entry) => this.#look(entry));
  }

  /** What the run says that it does; only where the cluster cannot be asked: which nodes it is emptying. */
  hear(record: JournalRecord): void {
    if (record.type === 'begun' && record.does.kind === 'cordon' && record.does.purpose === 'empty') {
      this.#emptying.add(record.does.node.name);
      const { nodesAtOnce } = this.#policy.run.budgets;
      if (this.#emptying.size > nodesAtOnce)
        this.#say(`${this.#emptying.size} nodes are emptied at once, not ${nodesAtOnce}`);
    }
    if (record.type === 'begun' && record.does.kind === 'uncordon') this.#emptying.delete(record.does.node.name);
    if (record.type === 'begun' && record.does.kind === 'move') {
      this.#moved.set(record.step, record.does.order.pod.uid);
    }
    // What has come to nothing is nobody's way any more; it counts as a failure instead.
    if (record.type === 'step' && record.state === 'failed') this.#forgive(this.#moved.get(record.step));
  }

  #forgive(uid: string | undefined): void {
    for (const away of this.#away.values()) {
      const at = away.indexOf(uid ?? '');
      if (at >= 0) away.splice(at, 1);
    }
  }

  #look(entry: WorldLogEntry): void {
    if (entry.kind === 'uncordoned') this.#emptying.delete(entry.node);
    if (entry.kind === 'node-removed') this.#emptying.delete(entry.node);
    if (entry.kind === 'pod-lost' && entry.by !== 'cloud') this.#say(`${entry.name} was lost with its node`);
    if (entry.kind === 'pod-ready') this.#onReady(entry.uid);
    if (entry.kind === 'pod-evicted') this.#onEvicted(entry.uid, entry.name, entry.at);
    if (entry.kind === 'pod-surged') this.#onSurged(entry.uid, entry.name);
  }

  #onEvicted(uid: string, name: string, at: number): void {
    const { pods, budgets } = this.#world.state;
    const { pod } = pods.get(uid)!;
    for (const budget of budgets) {
      if (budget.minimum === null || !isUnder(budget, pod)) continue;
      // The eviction is in the log just before the pod stops.
      const ready = [...pods.values()].filter((one) => one.readySince !== null && !one.pod.terminating);
      const healthy = ready.filter((one) => isUnder(budget, one.pod)).length - 1;
      if (healthy < budget.minimum)
        this.#say(`${name} is evicted below ${budget.name}: ${healthy} of ${budget.minimum}`);
    }
    const owner = pod.owner!.uid;
    this.#away.set(owner, [...(this.#away.get(owner) ?? []), uid]);
    const limits = this.#policy.run.budgets;
    const ofOwner = this.#away.get(owner)!.length;
    const all = [...this.#away.values()].reduce((sum, list) => sum + list.length, 0);
    if (ofOwner > limits.podsAtOncePerOwner) this.#say(`${ofOwner} pods of ${owner} are away at once`);
    if (all > limits.podsAtOnce) this.#say(`${all} pods are away at once`);
    this.#evictedAt.push(at);
    const recent = this.#evictedAt.filter((one) => one > at - MINUTE_MS).length;
    if (limits.podsPerMinute !== null && recent > limits.podsPerMinute) this.#say(`${recent} pods in a minute`);
  }

  /** No budget may ever see fewer than before, and the only pod's work is done all the time. */
  #onSurged(uid: string, name: string): void {
    const { pods, surges } = this.#world.state;
    const owner = surges.get(uid)!.owner;
    const others = [...pods.values()].filter(({ pod }) => pod.owner?.uid === owner && pod.uid !== uid);
    if (!others.some(({ pod, readySince }) => readySince !== null && !pod.terminating)) {
      this.#say(`${name} stops before another is ready in its place`);
    }
  }

  #onReady(uid: string): void {
    const owner = this.#world.state.pods.get(uid)?.pod.owner?.uid;
    const away = owner === undefined ? undefined : this.#away.get(owner);
    if (away !== undefined && !this.#world.state.gone.has(uid)) away.shift();
  }

  #say(text: string): void {
    this.wrong.push(`after ${this.#world.now - this.#world.state.startedAt} ms: ${text}`);
  }
}
