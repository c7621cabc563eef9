import { priceOfMove } from '../moving/price-of-move.ts';
import { numberOfPods } from '../problem/classes.ts';
import { homeOf } from '../problem/home-of.ts';
import type { NodeKind, Problem, ProblemNode } from '../problem/problem.ts';
import { CouplingCounts } from './coupling-counts.ts';
import { flatten, type PackingState, type SlotContent, slotsOf } from './packing-state.ts';
import { PreferenceCounts } from './preference-counts.ts';

const ADD = 0;
const OPEN = 1;
const CLOSE = 2;

/**
 * Counts of classes in slots, with everything that follows kept up to date: room, price, moves, coupling, pool limits.
 * Slots 0 … nodes−1 are the nodes that exist, later ones are launched. Every change is logged, so that a trial can be
 * taken back. It never checks what it is told to do; `room` and `mayAdd` are for that.
 */
export class Packing {
  readonly problem: Problem;
  readonly coupling: CouplingCounts;
  /** Price of all open slots and of what takes no part, micros per hour. */
  microsPerHour: number;
  /** Pods that are not on the node on which they run now. */
  moves: number;
  /** What the time without them costs, micros an hour over the horizon. */
  awayMicrosPerHour: number;
  #podMicrosPerHour = 0;
  readonly #preferences: PreferenceCounts | null;
  readonly #dims: number;
  readonly #kindOf: number[] = [];
  readonly #open: boolean[] = [];
  readonly #classes: number[][] = [];
  readonly #counts: number[][] = [];
  readonly #free: Float64Array[] = [];
  readonly #domains: Int32Array[] = [];
  readonly #podCosts: (Float64Array | null)[] = [];
  readonly #pods: number[] = [];
  readonly #spare: number[] = [];
  readonly #limitUse: Float64Array[];
  readonly #limitInitial: Float64Array[];
  readonly #log: number[] = [];
  readonly #domainBase: number;
  readonly #launchDomains: Int32Array[] = [];

  constructor(problem: Problem) {
    this.problem = problem;
    this.coupling = new CouplingCounts(problem);
    this.#preferences = problem.preferred === null ? null : new PreferenceCounts(problem.preferred);
    this.#dims = problem.resources.length;
    this.#domainBase = 1 + largestDomain(problem);
    this.microsPerHour = problem.frozenMicrosPerHour;
    this.moves = numberOfPods(problem);
    this.awayMicrosPerHour = problem.classes.reduce((sum, one) => sum + one.awayMicrosPerHour * one.pods.length, 0);
    this.#limitUse = problem.limitGroups.map(({ left }) => new Float64Array(left.length));
    for (const node of problem.nodes) {
      this.#kindOf.push(-1);
      this.#open.push(false);
      this.#classes.push([]);
      this.#counts.push([]);
      this.#free.push(Float64Array.from(node.capacity));
      this.#domains.push(node.domains);
      this.#podCosts.push(node.podCosts.microsPerHour);
      this.#pods.push(0);
      this.#open[node.index] = true;
      this.microsPerHour += node.microsPerHour;
      this.#useLimit(node.index, 1);
      node.homeClasses.forEach((c, k) => {
        this.#change(node.index, c, node.homeCounts[k]!);
      });
    }
    this.#limitInitial = this.#limitUse.map((use) => Float64Array.from(use));
    this.coupling.forget();
  }

  /** What pods cost besides, where they are, micros an hour: expected interruptions and preferences that are not met. */
  get podMicrosPerHour(): number {
    return this.#podMicrosPerHour + this.companyMicrosPerHour;
  }

  /** What pods cost by who else is in their domains: the part of it that is not known of one node alone. */
  get companyMicrosPerHour(): number {
    return this.#preferences?.microsPerHour ?? 0;
  }

  get slots(): number {
    return this.#open.length;
  }

  isOpen(slot: number): boolean {
    return this.#open[slot]!;
  }

  isExisting(slot: number): boolean {
    return slot < this.problem.nodes.length;
  }

  node(slot: number): ProblemNode {
    return this.problem.nodes[slot]!;
  }

  kind(slot: number): NodeKind {
    return this.problem.kinds[this.#kindOf[slot]!]!;
  }

  /** Whether the slot can be closed to save its price. */
  isRemovable(slot: number): boolean {
    return !this.isExisting(slot) || this.node(slot).removable;
  }

  price(slot: number): number {
    return this.isExisting(slot) ? this.node(slot).microsPerHour : this.kind(slot).microsPerHour;
  }

  pods(slot: number): number {
    return this.#pods[slot]!;
  }

  classes(slot: number): readonly number[] {
    return this.#classes[slot]!;
  }

  counts(slot: number): readonly number[] {
    return this.#counts[slot]!;
  }

  free(slot: number): Float64Array {
    return this.#free[slot]!;
  }

  domains(slot: number): Int32Array {
    return this.#domains[slot]!;
  }

  count(slot: number, c: number): number {
    const at = this.#classes[slot]!.indexOf(c);
    return at < 0 ? 0 : this.#counts[slot]![at]!;
  }

  /** How many of class `c` run on this node now, before any plan. */
  home(slot: number, c: number): number {
    return this.isExisting(slot) ? homeOf(this.node(slot), c) : 0;
  }

  /** What one of class `c` costs there, whatever others are there. */
  podCost(slot: number, c: number): number {
    return this.#podCosts[slot]?.[c] ?? 0;
  }

  /** What it costs to move one of class `c`, the time without it included. */
  priceOfMove(c: number, movePrice: number): number {
    return priceOfMove(this.problem.classes[c]!, movePrice);
  }

  /** How many more of class `c` have room, coupling aside: by resources, by the rules on single nodes, or by being home. */
  room(slot: number, c: number): number {
    const { classes, eligible } = this.problem;
    const shape = this.isExisting(slot) ? this.node(slot).shape : this.kind(slot).shape;
    let most = Number.MAX_SAFE_INTEGER;
    if (eligible[shape]![c] !== 1 || (this.isExisting(slot) && !this.node(slot).receives)) {
      most = this.home(slot, c) - this.count(slot, c);
      if (most <= 0) return 0;
    }
    const { dims, amounts } = classes[c]!;
    const free = this.#free[slot]!;
    for (let k = 0; k < dims.length; k++) {
      const fits = Math.floor(free[dims[k]!]! / amounts[k]!);
      if (fits < most) most = fits;
      if (most <= 0) return 0;
    }
    return most;
  }

  /** Adds up to `n` of class `c`, one by one where coupling has a say; returns how many were added. */
  tryAdd(slot: number, c: number, n: number): number {
    const fits = Math.min(n, this.room(slot, c));
    if (fits <= 0) return 0;
    if (!this.problem.classes[c]!.coupled) {
      this.add(slot, c, fits);
      return fits;
    }
    let added = 0;
    while (added < fits && this.coupling.mayAdd(c, this.#domains[slot]!)) {
      this.add(slot, c, 1);
      added++;
    }
    return added;
  }

  add(slot: number, c: number, n: number): void {
    this.#change(slot, c, n);
    this.#log.push(ADD, slot, c, n);
  }

  remove(slot: number, c: number, n: number): void {
    this.add(slot, c, -n);
  }

  /** Whether the pool of a kind, or of a closed node, leaves room for one more. */
  mayOpen(limitGroup: number, use: () => Float64Array): boolean {
    if (limitGroup < 0) return true;
    const amounts = use();
    const { left } = this.problem.limitGroups[limitGroup]!;
    const used = this.#limitUse[limitGroup]!;
    const initial = this.#limitInitial[limitGroup]!;
    for (let r = 0; r < amounts.length; r++) {
      const after = used[r]! + amounts[r]!;
      // A pool that is over its limit already may have again what it had.
      if (after > left[r]! && after > initial[r]!) return false;
    }
    return true;
  }

  mayOpenKind(kind: NodeKind): boolean {
    return this.mayOpen(kind.limitGroup, () => this.problem.limitGroups[kind.limitGroup]!.ofKind(kind));
  }

  mayOpenNode(slot: number): boolean {
    const node = this.node(slot);
    return this.mayOpen(node.limitGroup, () => this.problem.limitGroups[node.limitGroup]!.ofNode(node));
  }

  openNode(slot: number): void {
    this.#setOpen(slot, true);
    this.#log.push(OPEN, slot, 0, 0);
  }

  /** Launches a node of this kind and returns its slot. */
  launch(kind: NodeKind): number {
    let slot = this.#spare.pop();
    if (slot === undefined) {
      slot = this.#open.length;
      this.#open.push(false);
      this.#classes.push([]);
      this.#counts.push([]);
      this.#free.push(new Float64Array(this.#dims));
      this.#domains.push(new Int32Array(0));
      this.#podCosts.push(null);
      this.#kindOf.push(-1);
      this.#pods.push(0);
    }
    this.#kindOf[slot] = kind.index;
    this.#free[slot]!.set(kind.capacity);
    this.#domains[slot] = this.#domainsOfLaunched(kind, slot);
    this.#podCosts[slot] = kind.podCosts.microsPerHour;
    this.#setOpen(slot, true);
    this.#log.push(OPEN, slot, 0, 0);
    return slot;
  }

  /** Closes an empty slot. */
  close(slot: number): void {
    this.#setOpen(slot, false);
    this.#log.push(CLOSE, slot, this.#kindOf[slot]!, 0);
  }

  /** Forgets the log: what was done is done. */
  commit(): void {
    // A launched slot is free for use again only once nothing can bring it back.
    for (let at = 0; at < this.#log.length; at += 4) {
      if (this.#log[at] === CLOSE) {
        const slot = this.#log[at + 1]!;
        if (!this.isExisting(slot) && !this.#open[slot] && !this.#spare.includes(slot)) this.#spare.push(slot);
      }
    }
    this.#log.length = 0;
    this.coupling.forget();
  }

  /** Takes back everything since the last commit. */
  rollback(): void {
    for (let at = this.#log.length - 4; at >= 0; at -= 4) {
      const slot = this.#log[at + 1]!;
      const what = this.#log[at]!;
      if (what === ADD) this.#change(slot, this.#log[at + 2]!, -this.#log[at + 3]!);
      else if (what === CLOSE) this.#setOpen(slot, true);
      else {
        this.#setOpen(slot, false);
        if (!this.isExisting(slot)) this.#spare.push(slot);
      }
    }
    this.#log.length = 0;
    this.coupling.forget();
  }

  state(): PackingState {
    const { microsPerHour, awayMicrosPerHour, podMicrosPerHour, moves } = this;
    return { microsPerHour, awayMicrosPerHour, podMicrosPerHour, moves, flat: flatten(this.#openSlots()) };
  }

  /** Becomes the given state. */
  load(state: Pick<PackingState, 'flat'>): void {
    for (let slot = 0; slot < this.slots; slot++) {
      if (!this.#open[slot]) continue;
      this.clear(slot);
      this.close(slot);
    }
    this.commit();
    for (const { node, kind, classes, counts } of slotsOf(state)) {
      if (node !== null) this.openNode(node);
      const slot = node ?? this.launch(this.problem.kinds[kind!]!);
      classes.forEach((c, k) => {
        this.add(slot, c, counts[k]!);
      });
    }
    this.commit();
  }

  *#openSlots(): Generator<SlotContent> {
    for (let slot = 0; slot < this.slots; slot++) {
      if (!this.#open[slot]) continue;
      const place = this.isExisting(slot) ? { node: slot, kind: null } : { node: null, kind: this.#kindOf[slot]! };
      yield { ...place, classes: this.#classes[slot]!, counts: this.#counts[slot]! };
    }
  }

  /** Takes every pod of the problem off the slot. */
  clear(slot: number): void {
    const classes = this.#classes[slot]!;
    for (let k = classes.length - 1; k >= 0; k--) this.remove(slot, classes[k]!, this.#counts[slot]![k]!);
  }

  /** Domains that a node of this kind would be in, its own per-node domain empty. */
  domainsForLaunch(kind: NodeKind): Int32Array {
    let domains = this.#launchDomains[kind.index];
    if (domains === undefined) {
      domains = this.#domainsOfLaunched(kind, -1);
      this.#launchDomains[kind.index] = domains;
    }
    return domains;
  }

  #domainsOfLaunched(kind: NodeKind, slot: number): Int32Array {
    const { topologies } = this.problem;
    return kind.domains.map((domain, topology) =>
      topologies[topology]!.perNode ? this.#domainBase + 1 + slot : domain,
    );
  }

  #setOpen(slot: number, open: boolean): void {
    this.#open[slot] = open;
    this.microsPerHour += open ? this.price(slot) : -this.price(slot);
    this.#useLimit(slot, open ? 1 : -1);
  }

  #useLimit(slot: number, sign: 1 | -1): void {
    const node = this.isExisting(slot) ? this.node(slot) : null;
    const group = node?.limitGroup ?? this.kind(slot).limitGroup;
    if (group < 0) return;
    const limit = this.problem.limitGroups[group]!;
    const use = node === null ? limit.ofKind(this.kind(slot)) : limit.ofNode(node);
    use.forEach((amount, r) => {
      this.#limitUse[group]![r]! += sign * amount;
    });
  }

  #change(slot: number, c: number, n: number): void {
    const podClass = this.problem.classes[c]!;
    const classes = this.#classes[slot]!;
    const counts = this.#counts[slot]!;
    let at = classes.indexOf(c);
    if (at < 0) {
      at = classes.length;
      classes.push(c);
      counts.push(0);
    }
    const before = counts[at]!;
    const after = before + n;
    if (after === 0) {
      classes[at] = classes[classes.length - 1]!;
      counts[at] = counts[counts.length - 1]!;
      classes.pop();
      counts.pop();
    } else counts[at] = after;
    const home = this.home(slot, c);
    const cameHome = Math.min(home, after) - Math.min(home, before);
    if (!podClass.isPending) this.moves -= cameHome;
    this.awayMicrosPerHour -= cameHome * podClass.awayMicrosPerHour;
    this.#podMicrosPerHour += n * this.podCost(slot, c);
    this.#preferences?.change(podClass.preferences, this.#domains[slot]!, n);
    this.#pods[slot]! += n;
    const free = this.#free[slot]!;
    const { dims, amounts } = podClass;
    for (let k = 0; k < dims.length; k++) free[dims[k]!]! -= n * amounts[k]!;
    if (podClass.coupled) this.coupling.change(c, this.#domains[slot]!, n);
  }
}

/** Launched slots get domains of their own, where every node is one, after all that are taken. */
function largestDomain(problem: Problem): number {
  let largest = 0;
  for (const { domains } of [...problem.nodes, ...problem.kinds]) {
    for (const domain of domains) largest = Math.max(largest, domain);
  }
  for (const { fixedByDomain, fixedCarriers, fixedDependants } of problem.terms) {
    for (const counts of [fixedByDomain, fixedCarriers, fixedDependants]) {
      for (const domain of counts.keys()) largest = Math.max(largest, domain);
    }
  }
  return largest;
}
