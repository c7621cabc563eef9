import type { NodeFilter } from './node-filter.ts';
import { profileKey } from './pod-profile.ts';
import { affinityTerm, type PodTerm } from './pod-terms.ts';
import { bump, DomainNodes, TermCount } from './term-count.ts';
import { HintIndex, TermIndex } from './term-index.ts';
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
  /** Where they run, and how many. */
  readonly places: Map<MutablePlace, number>;
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
  readonly #countsByTerm = new TermIndex<TermCount>();
  readonly #repulsionsByTerm = new TermIndex<TermCount>();
  readonly #profiles = new Map<string, Profile>();
  readonly #profilesByHint = new HintIndex<Profile>();
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
      count = new TermCount(topologyKey, filter);
      this.#counts.set(key, count);
      this.#countsByTerm.add(term, count);
      for (const { counts, places } of this.#profilesOf(term)) {
        counts.push(count);
        for (const [{ node }, pods] of places) count.adjust(node, pods);
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
    const { counts, places } = this.#profile(pod);
    bump(places, place, sign);
    for (const count of counts) count.adjust(place.node, sign);
    for (const antiTerm of pod.spec.podAntiAffinity) {
      const term = affinityTerm(antiTerm, pod, this.world);
      const key = `${antiTerm.topologyKey}\n${term.key}`;
      let count = this.#repulsions.get(key);
      if (count === undefined) {
        count = new TermCount(antiTerm.topologyKey, null);
        this.#repulsions.set(key, count);
        this.#repulsionsByTerm.add(term, count);
        for (const { repulsions } of this.#profilesOf(term)) repulsions.push(count);
      }
      count.adjust(place.node, sign);
    }
  }

  /** Profiles whose pods a term matches. */
  #profilesOf(term: PodTerm): Profile[] {
    return this.#profilesByHint.under(term.hint).filter(({ sample }) => term.matches(sample));
  }

  #profile(pod: PodView): Profile {
    let profile = this.#profileOf.get(pod);
    if (profile !== undefined) return profile;
    const key = profileKey(pod);
    profile = this.#profiles.get(key);
    if (profile === undefined) {
      const [counts, repulsions] = [this.#countsByTerm.matching(pod), this.#repulsionsByTerm.matching(pod)];
      profile = { sample: pod, counts, repulsions, places: new Map() };
      this.#profiles.set(key, profile);
      this.#profilesByHint.add(null, profile);
      for (const [label, value] of Object.entries(pod.labels)) this.#profilesByHint.add(`${label}=${value}`, profile);
    }
    this.#profileOf.set(pod, profile);
    return profile;
  }
}
