import type { NodeFilter } from './node-filter.ts';
import { profileKey } from './pod-profile.ts';
import { affinityTerm, type PodTerm } from './pod-terms.ts';
import { DomainNodes, TermCount } from './term-count.ts';
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

interface MutablePlace {
  readonly node: NodeView;
  readonly pods: Set<PodView>;
  readonly used: Record<string, number>;
}

/** Pods that every term matches or does not match alike, and the counts that they are in. */
interface Profile {
  readonly sample: PodView;
  readonly counts: TermCount[];
  /** Of anti-affinity that keeps them away. */
  readonly repulsions: TermCount[];
}

/**
 * Which pod runs where, with running counts for the rules that couple nodes. It enforces nothing: rules are asked, then
 * pods are placed.
 */
export class ClusterState {
  readonly world: World;
  readonly #places = new Map<string, MutablePlace>();
  readonly #counts = new Map<string, TermCount>();
  readonly #domains = new Map<string, DomainNodes>();
  /** Anti-affinity terms of the pods that run, by topology key and term: whom they keep away, and from where. */
  readonly #repulsions = new Map<string, TermCount>();
  readonly #profiles = new Map<string, Profile>();
  readonly #profileOf = new WeakMap<PodView, Profile>();

  constructor(world: World, nodes: Iterable<NodeView> = []) {
    this.world = world;
    for (const node of nodes) this.addNode(node);
  }

  addNode(node: NodeView): void {
    this.#places.set(node.name, { node, pods: new Set(), used: {} });
    for (const domains of this.#domains.values()) domains.adjust(node, 1);
  }

  removeNode(name: string): void {
    const { node, pods } = this.place(name);
    for (const pod of pods) this.remove(pod, name);
    this.#places.delete(name);
    for (const domains of this.#domains.values()) domains.adjust(node, -1);
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

  /** Pods that match `term`, by value of `topologyKey`, on all nodes or on those that are admitted; kept up to date. */
  countByDomain(term: PodTerm, topologyKey: string, filter: NodeFilter | null = null): TermCount {
    const key = `${topologyKey}\n${filter?.key ?? ''}\n${term.key}`;
    let count = this.#counts.get(key);
    if (count === undefined) {
      count = new TermCount(term, topologyKey, filter);
      this.#counts.set(key, count);
      for (const profile of this.#profiles.values()) if (term.matches(profile.sample)) profile.counts.push(count);
      for (const { node, pods } of this.#places.values()) {
        for (const pod of pods) if (this.#profile(pod).counts.at(-1) === count) count.adjust(node, 1);
      }
    }
    return count;
  }

  /** Domains of `topologyKey` that have an admitted node; kept up to date. */
  domainsOf(topologyKey: string, filter: NodeFilter | null): DomainNodes {
    const key = `${topologyKey}\n${filter?.key ?? ''}`;
    let domains = this.#domains.get(key);
    if (domains === undefined) {
      domains = new DomainNodes(topologyKey, filter);
      this.#domains.set(key, domains);
      for (const { node } of this.#places.values()) domains.adjust(node, 1);
    }
    return domains;
  }

  /** Anti-affinity terms of running pods that this pod matches. */
  repulsionsOf(pod: PodView): readonly TermCount[] {
    return this.#profile(pod).repulsions;
  }

  #account(pod: PodView, place: MutablePlace, sign: 1 | -1): void {
    for (const [name, amount] of Object.entries(pod.requests)) {
      place.used[name] = (place.used[name] ?? 0) + sign * amount;
    }
    for (const count of this.#profile(pod).counts) count.adjust(place.node, sign);
    for (const antiTerm of pod.spec.podAntiAffinity) {
      const term = affinityTerm(antiTerm, pod, this.world);
      const key = `${antiTerm.topologyKey}\n${term.key}`;
      let count = this.#repulsions.get(key);
      if (count === undefined) {
        count = new TermCount(term, antiTerm.topologyKey, null);
        this.#repulsions.set(key, count);
        for (const { sample, repulsions } of this.#profiles.values()) if (term.matches(sample)) repulsions.push(count);
      }
      count.adjust(place.node, sign);
    }
  }

  #profile(pod: PodView): Profile {
    let profile = this.#profileOf.get(pod);
    if (profile !== undefined) return profile;
    const key = profileKey(pod);
    profile = this.#profiles.get(key);
    if (profile === undefined) {
      const matching = (counts: Map<string, TermCount>) => [...counts.values()].filter(({ term }) => term.matches(pod));
      profile = { sample: pod, counts: matching(this.#counts), repulsions: matching(this.#repulsions) };
      this.#profiles.set(key, profile);
    }
    this.#profileOf.set(pod, profile);
    return profile;
  }
}
