import { homeOf } from '../problem/home-of.ts';
import type { NodeKind, PodCosts, Problem, ProblemNode } from '../problem/problem.ts';
import type { EndRules } from './end-rules.ts';
import type { PodSets } from './pod-sets.ts';

const NEVER = Number.POSITIVE_INFINITY;

/** What each set of pods costs together where they may be, else infinite. */
export type SetCosts = Float64Array<ArrayBuffer>;

/** What sets of a few pods cost on each node, and what is left costs at least. Micros per hour, moves included. */
export interface CostsOfSets {
  /** By existing node, and by kind that may be launched; null: it may not. */
  readonly onNode: readonly SetCosts[];
  readonly onKind: readonly (SetCosts | null)[];
  /** By existing node, how many that are there at the start are not in each set. */
  readonly leaving: readonly Uint8Array[];
  /** On one new node, on any number of them, and on the existing nodes from this one on with any number of new ones. */
  readonly onNew: SetCosts;
  readonly onNewOnes: SetCosts;
  readonly from: readonly SetCosts[];
}

export interface Costing {
  /** Of one pod of a class. */
  readonly moveCost: (c: number) => number;
  /** Which resources must fit. */
  readonly counts: (resource: number) => boolean;
  readonly usableOnly: boolean;
  /** Whether what pods cost besides counts, where that is known of the node alone. */
  readonly withPodCosts: boolean;
}

/** Dynamic programming over sets of pods, one node after the other (Bellman 1962). */
export function costsOfSets(problem: Problem, sets: PodSets, rules: EndRules, costing: Costing): CostsOfSets {
  const room = new Room(problem, sets, costing);
  const onNode = problem.nodes.map((node) => costsOnNode(problem, room, rules, node));
  const onKind = problem.kinds.map((kind) =>
    costing.usableOnly && !kind.usable ? null : costsOnKind(problem, room, rules, kind),
  );
  const leaving = problem.nodes.map((node) => leavingFrom(problem, sets, node));
  const onNew = room.costs(() => NEVER);
  for (const costs of onKind)
    if (costs !== null) for (let set = 0; set < sets.size; set++) onNew[set] = Math.min(onNew[set]!, costs[set]!);
  const onNewOnes = onNew.slice();
  onNewOnes[0] = 0;
  const from = [...onNode.map(() => room.costs(() => NEVER)), onNewOnes];
  for (let set = 0; set < sets.size; set++) {
    const parts = sets.within(set);
    const leading = set === 0 ? 0 : sets.one(sets.last(set));
    for (const part of parts)
      if (part >= leading && part > 0)
        onNewOnes[set] = Math.min(onNewOnes[set]!, onNew[part]! + onNewOnes[set - part]!);
    for (let node = onNode.length - 1; node >= 0; node--) {
      const here = onNode[node]!;
      const next = from[node + 1]!;
      let least = NEVER;
      for (const part of parts) least = Math.min(least, here[part]! + next[set - part]!);
      from[node]![set] = least;
    }
  }
  return { onNode, onKind, leaving, onNew, onNewOnes, from };
}

function costsOnNode(problem: Problem, room: Room, rules: EndRules, node: ProblemNode): SetCosts {
  const { sets, moveCost } = room;
  const { shape, receives, removable, microsPerHour, homeClasses } = node;
  const podCost = room.podCostsOn(node);
  const capacity = Float64Array.from(node.capacity);
  const staying = homeClasses.filter((c) => !sets.classes.includes(c));
  for (const c of staying) {
    const { dims, amounts } = problem.classes[c]!;
    for (let k = 0; k < dims.length; k++) capacity[dims[k]!]! -= homeOf(node, c) * amounts[k]!;
  }
  const mayBeRemoved = removable && staying.length === 0;
  const classes = sets.classes.map((c) => ({ c, price: moveCost(c), cost: podCost(c), home: homeOf(node, c) }));
  const ofThoseWhoStay = staying.reduce((sum, c) => sum + podCost(c) * homeOf(node, c), 0);
  const mayCome = classes.map(({ c }) => receives && problem.eligible[shape]![c] === 1);
  return room.costs((set) => {
    let ofPods = ofThoseWhoStay;
    for (const [at, { price, cost, home }] of classes.entries()) {
      const come = Math.max(0, sets.count(set, at) - home);
      if (come > 0 && !mayCome[at]) return NEVER;
      ofPods += price * come + cost * sets.count(set, at);
    }
    if (!room.fits(set, capacity) || !rules.mayBeOn(set, node.domains, (c) => homeOf(node, c))) return NEVER;
    return (set === 0 && mayBeRemoved ? 0 : microsPerHour) + ofPods;
  });
}

function leavingFrom({ classes }: Problem, sets: PodSets, node: ProblemNode): Uint8Array {
  const leaving = new Uint8Array(sets.size);
  for (const [at, c] of sets.classes.entries()) {
    const home = classes[c]!.isPending ? 0 : homeOf(node, c);
    if (home > 0) for (let set = 0; set < sets.size; set++) leaving[set]! += Math.max(0, home - sets.count(set, at));
  }
  return leaving;
}

function costsOnKind(problem: Problem, room: Room, rules: EndRules, kind: NodeKind): SetCosts {
  const { sets, moveCost } = room;
  const { shape, capacity, microsPerHour, domains } = kind;
  const mayCome = sets.classes.map((c) => problem.eligible[shape]![c] === 1);
  const podCost = room.podCostsOn(kind);
  const prices = sets.classes.map((c) => moveCost(c) + podCost(c));
  return room.costs((set) => {
    let cost = microsPerHour;
    for (const [at, price] of prices.entries()) {
      const come = sets.count(set, at);
      if (come > 0 && !mayCome[at]) return NEVER;
      cost += price * come;
    }
    return room.fits(set, capacity) && rules.mayBeOn(set, domains, () => 0) ? cost : NEVER;
  });
}

/** What sets of pods ask for together. */
class Room {
  readonly sets: PodSets;
  readonly moveCost: Costing['moveCost'];
  readonly #withPodCosts: boolean;
  /** Resources that count, and what each set asks of them, set by set. */
  readonly #resources: readonly number[];
  readonly #asked: Float64Array;

  constructor(problem: Problem, sets: PodSets, { counts, moveCost, withPodCosts }: Costing) {
    this.sets = sets;
    this.#withPodCosts = withPodCosts;
    this.moveCost = moveCost;
    this.#resources = problem.resources.flatMap((_, resource) => (counts(resource) ? [resource] : []));
    const width = this.#resources.length;
    this.#asked = new Float64Array(sets.size * width);
    for (let set = 1; set < sets.size; set++) {
      const last = sets.last(set);
      const { dims, amounts } = problem.classes[sets.classes[last]!]!;
      const rest = set - sets.one(last);
      this.#resources.forEach((resource, r) => {
        const own = amounts[dims.indexOf(resource)] ?? 0;
        this.#asked[set * width + r] = this.#asked[rest * width + r]! + own;
      });
    }
  }

  podCostsOn({ podCosts }: { readonly podCosts: PodCosts }): (c: number) => number {
    const { microsPerHour } = podCosts;
    return (c) => (this.#withPodCosts && microsPerHour !== null ? microsPerHour[c]! : 0);
  }

  costs(costOf: (set: number) => number): SetCosts {
    const costs = new Float64Array(this.sets.size);
    for (let set = 0; set < costs.length; set++) costs[set] = costOf(set);
    return costs;
  }

  fits(set: number, capacity: Float64Array): boolean {
    const width = this.#resources.length;
    for (let r = 0; r < width; r++) {
      if (this.#asked[set * width + r]! > capacity[this.#resources[r]!]!) return false;
    }
    return true;
  }
}
