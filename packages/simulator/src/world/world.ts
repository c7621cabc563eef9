import type { Snapshot, SnapshotNode, SnapshotPod } from '@restow/model';
import { attachLimitsOf, ClusterState, type NodeView, worldOf } from '@restow/scheduling';
import { budgetNow } from './budgets.ts';
import { draw } from './draw.ts';
import type { FaultName } from './faults.ts';
import type { WorldEvent, WorldLogEntry, WorldNode, WorldPod, WorldState } from './world-state.ts';

/** A log entry without its time. */
type Entry = WorldLogEntry extends infer One ? (One extends WorldLogEntry ? Omit<One, 'at'> : never) : never;

/**
 * The simulated cluster and cloud: its state, what will happen in it, and who wants to know. What happens is in the files
 * beside this one, as functions over it.
 */
export class World {
  readonly state: WorldState;
  /** What runs where, for the scheduler's rules. */
  readonly placed: ClusterState;
  readonly #attachLimits: ReturnType<typeof attachLimitsOf>;
  readonly #listeners = new Set<() => void>();
  readonly #watchers = new Set<(entry: WorldLogEntry, world: World) => void>();
  #snapshot: { readonly version: number; readonly snapshot: Snapshot } | null = null;

  constructor(state: WorldState) {
    this.state = state;
    this.placed = new ClusterState(worldOf(state.base));
    this.#attachLimits = attachLimitsOf(state.base);
    for (const { node } of state.nodes.values()) this.placed.addNode(this.#view(node));
    for (const { pod } of state.pods.values()) if (pod.node !== null) this.placed.add(pod, pod.node);
  }

  get now(): number {
    return this.state.now;
  }

  /** Lets something happen then; what is entered first happens first among what happens at one time. */
  at(event: WorldEvent, inMs: number): void {
    const { events } = this.state;
    const at = this.now + inMs;
    let [from, to] = [0, events.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (events[middle]!.at <= at) from = middle + 1;
      else to = middle;
    }
    events.splice(from, 0, { at, event });
  }

  nextAt(): number | null {
    return this.state.events[0]?.at ?? null;
  }

  /** Takes the next event out, at its time. */
  take(): WorldEvent {
    const first = this.state.events.shift()!;
    this.passTo(first.at);
    return first.event;
  }

  /** Time goes on and costs money. */
  passTo(at: number): void {
    const { state } = this;
    if (at <= state.now) return;
    state.paid += BigInt(this.microsPerHour()) * BigInt(at - state.now);
    state.now = at;
  }

  /** What all nodes cost now, ordered ones included. */
  microsPerHour(): number {
    let sum = 0;
    for (const { microsPerHour } of this.state.nodes.values()) sum += microsPerHour ?? 0;
    for (const { state, microsPerHour } of this.state.orders.values()) if (state === 'coming') sum += microsPerHour;
    return sum;
  }

  log(entry: Entry): void {
    const full = { at: this.now, ...entry } as WorldLogEntry;
    this.state.log.push(full);
    for (const watcher of this.#watchers) watcher(full, this);
  }

  /** Called with every log entry, when it has happened. */
  watch(watcher: (entry: WorldLogEntry, world: World) => void): void {
    this.#watchers.add(watcher);
  }

  /** Something has changed: whoever waits for that is told. */
  changed(): void {
    this.state.version++;
    for (const listener of [...this.#listeners]) listener();
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  setNode(entry: WorldNode): void {
    const { name } = entry.node;
    const before = this.state.nodes.get(name);
    this.state.nodes.set(name, entry);
    if (before?.node === entry.node) return;
    const pods = before === undefined ? [] : ([...this.placed.place(name).pods] as SnapshotPod[]);
    if (before !== undefined) this.placed.removeNode(name);
    this.placed.addNode(this.#view(entry.node));
    for (const pod of pods) this.placed.add(pod, name);
    this.changed();
  }

  dropNode(name: string): void {
    this.placed.removeNode(name);
    this.state.nodes.delete(name);
    this.changed();
  }

  setPod(entry: WorldPod): void {
    const { pod } = entry;
    const before = this.state.pods.get(pod.uid);
    if (before?.pod.node != null && this.placed.has(before.pod.node)) this.placed.remove(before.pod, before.pod.node);
    this.state.pods.set(pod.uid, entry);
    if (pod.node !== null) this.placed.add(pod, pod.node);
    this.changed();
  }

  dropPod(uid: string): void {
    const { pod } = this.state.pods.get(uid)!;
    if (pod.node !== null && this.placed.has(pod.node)) this.placed.remove(pod, pod.node);
    this.state.pods.delete(uid);
    this.changed();
  }

  /** Whether a failure that lies in wait strikes now; `key` is what it would strike. */
  strikes(name: FaultName, key: string): boolean {
    for (const [index, entry] of this.state.faults.entries()) {
      const { fault, left } = entry;
      if (fault.name !== name || left === 0) continue;
      if (draw(this.state.seed, 'fault', index, key) >= fault.probability) continue;
      if (left !== null) entry.left = left - 1;
      this.log({ kind: 'fault', name, what: key });
      return true;
    }
    return false;
  }

  nextUid(kind: string): string {
    return `${kind}-${++this.state.counter}`;
  }

  snapshot(): Snapshot {
    if (this.#snapshot?.version !== this.state.version) {
      this.#snapshot = { version: this.state.version, snapshot: this.#makeSnapshot() };
    }
    return this.#snapshot!.snapshot;
  }

  #makeSnapshot(): Snapshot {
    const { base, nodes, pods, budgets, owners, now } = this.state;
    return {
      ...base,
      metadata: { ...base.metadata, takenAt: new Date(now).toISOString(), origin: 'simulation' },
      nodes: [...nodes.values()].map(({ node }) => node),
      pods: [...pods.values()].map(({ pod }) => pod),
      podDisruptionBudgets: budgets.map((budget) => budgetNow(budget, pods)),
      owners: base.owners.map((owner) => {
        const replicas = owners.get(owner.uid)?.replicas;
        return replicas === undefined ? owner : { ...owner, replicas };
      }),
    };
  }

  #view(node: SnapshotNode): NodeView {
    const { name, labels, taints, unschedulable, allocatable } = node;
    const attachLimits = this.#attachLimits.byNode.get(name) ?? this.#attachLimits.smallest;
    return { name, labels, taints, unschedulable: unschedulable || !node.ready, allocatable, attachLimits };
  }
}
