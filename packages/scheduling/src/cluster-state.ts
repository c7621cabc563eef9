import type { PodTerm } from './pod-terms.ts';
import { affinityTerm } from './pod-terms.ts';
import type { NodeView, PodView, World } from './views.ts';

/** One node and what runs on it. */
export interface Place {
  readonly node: NodeView;
  readonly pods: ReadonlySet<PodView>;
  readonly used: Readonly<Record<string, number>>;
}

/** A rule that looks at everything that runs. The pod itself must not be counted in the state. */
export interface StateRule {
  readonly name: string;
  check(pod: PodView, place: Place, state: ClusterState): string | null;
}

interface Count {
  readonly term: PodTerm;
  readonly topologyKey: string;
  readonly byDomain: Map<string, number>;
  total: number;
}

interface MutablePlace {
  readonly node: NodeView;
  readonly pods: Set<PodView>;
  readonly used: Record<string, number>;
}

/**
 * Which pod runs where, with running counts for the rules that couple nodes. It enforces nothing: rules are asked, then
 * pods are placed.
 */
export class ClusterState {
  readonly world: World;
  readonly #places = new Map<string, MutablePlace>();
  readonly #counts = new Map<string, Count>();
  /** Anti-affinity terms of the pods that run, by topology key and term: whom they keep away, and from where. */
  readonly #repulsions = new Map<string, Count>();
  #version = 0;

  constructor(world: World, nodes: Iterable<NodeView> = []) {
    this.world = world;
    for (const node of nodes) this.addNode(node);
  }

  /** Another number after every change. */
  get version(): number {
    return this.#version;
  }

  addNode(node: NodeView): void {
    this.#version++;
    this.#places.set(node.name, { node, pods: new Set(), used: {} });
  }

  removeNode(name: string): void {
    for (const pod of this.place(name).pods) this.remove(pod, name);
    this.#places.delete(name);
    this.#version++;
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  place(name: string): Place {
    const place = this.#places.get(name);
    if (place === undefined) throw new Error(`no node ${name} in this state`);
    return place;
  }

  places(): IterableIterator<Place> {
    return this.#places.values();
  }

  add(pod: PodView, nodeName: string): void {
    const place = this.place(nodeName) as MutablePlace;
    place.pods.add(pod);
    this.#account(pod, place, 1);
  }

  remove(pod: PodView, nodeName: string): void {
    const place = this.place(nodeName) as MutablePlace;
    if (place.pods.delete(pod)) this.#account(pod, place, -1);
  }

  /** Pods that match `term`, by value of `topologyKey`; counted once, kept up to date after. */
  countByDomain(
    term: PodTerm,
    topologyKey: string,
  ): { readonly byDomain: ReadonlyMap<string, number>; readonly total: number } {
    const key = `${topologyKey}\n${term.key}`;
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = { term, topologyKey, byDomain: new Map(), total: 0 };
      this.#counts.set(key, count);
      for (const place of this.#places.values()) {
        for (const pod of place.pods) if (term.matches(pod)) adjust(count, place.node, 1);
      }
    }
    return count;
  }

  /** Anti-affinity terms carried by running pods. */
  repulsions(): Iterable<{
    readonly term: PodTerm;
    readonly topologyKey: string;
    readonly byDomain: ReadonlyMap<string, number>;
  }> {
    return this.#repulsions.values();
  }

  #account(pod: PodView, place: MutablePlace, sign: 1 | -1): void {
    this.#version++;
    for (const [name, amount] of Object.entries(pod.requests)) {
      place.used[name] = (place.used[name] ?? 0) + sign * amount;
    }
    for (const count of this.#counts.values()) if (count.term.matches(pod)) adjust(count, place.node, sign);
    for (const antiTerm of pod.spec.podAntiAffinity) {
      const term = affinityTerm(antiTerm, pod, this.world);
      const key = `${antiTerm.topologyKey}\n${term.key}`;
      let count = this.#repulsions.get(key);
      if (count === undefined) {
        count = { term, topologyKey: antiTerm.topologyKey, byDomain: new Map(), total: 0 };
        this.#repulsions.set(key, count);
      }
      adjust(count, place.node, sign);
    }
  }
}

function adjust(count: Count, node: NodeView, sign: 1 | -1): void {
  count.total += sign;
  const domain = node.labels[count.topologyKey];
  if (domain !== undefined) count.byDomain.set(domain, (count.byDomain.get(domain) ?? 0) + sign);
}
