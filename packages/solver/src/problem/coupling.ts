import type { CapacityType, SnapshotPod, SpreadConstraint } from '@restow/model';
import {
  affinityTerm,
  allTerms,
  type NodeFilter,
  type NodeView,
  type PodTerm,
  type PodView,
  profileKey,
  type Share,
  type SharedPlace,
  sharedPlaceOf,
  spreadFilter,
  spreadTerm,
  TermIndex,
  type World,
} from '@restow/scheduling';
import type { CountTerm, ShareRule, SpreadRule, Topology } from './problem.ts';

const PER_NODE_KEY = 'kubernetes.io/hostname';

/** What one pod carries and is counted by, as indices. */
export interface PodCoupling {
  readonly matches: readonly number[];
  readonly repels: readonly number[];
  readonly attracts: readonly number[];
  readonly spreads: readonly number[];
}

interface Term {
  readonly topology: number;
  /** null: it is of shares, and who counts is known by pod. */
  readonly term: PodTerm | null;
}

/** What is to be known of a node besides its labels. */
export interface Machine {
  readonly capacityType: CapacityType;
  readonly zone: string | null;
}

interface Spread {
  readonly term: number;
  readonly maxSkew: number;
  readonly minDomains: number | null;
  readonly selfMatch: 0 | 1;
}

/**
 * Gathers the rules that couple nodes from all pods of the cluster: distinct terms, distinct spread constraints, and who
 * carries and matches them. Labels repeat, so matching is done once for each distinct (namespace, labels).
 */
export class CouplingIndex {
  readonly topologies: Topology[] = [];
  readonly #terms: Term[] = [];
  readonly #indices = new TermIndex<number>();
  readonly #spreads: Spread[] = [];
  readonly #topologyByKey = new Map<string, number>();
  readonly #termByKey = new Map<string, number>();
  readonly #spreadByKey = new Map<string, number>();
  readonly #carried = new Map<SnapshotPod, Omit<PodCoupling, 'matches'>>();
  readonly #matches = new Map<string, readonly number[]>();
  readonly #domainIds: Map<string, number>[] = [];
  /** By topology: which nodes' domains take part; null: all. */
  readonly #filters: (NodeFilter | null)[] = [];
  /** By topology: what policy counts together; null: it goes by a label. */
  readonly #places: (SharedPlace | null)[] = [];
  readonly #shares: Omit<ShareRule, 'initial'>[] = [];
  readonly #shared = new Map<SnapshotPod, number[]>();

  constructor(pods: readonly SnapshotPod[], world: World, shares: readonly Share[]) {
    for (const pod of pods) {
      const { podAffinity, podAntiAffinity, topologySpread } = pod.spec;
      if (podAffinity.length + podAntiAffinity.length + topologySpread.length === 0) continue;
      const group = allTerms(podAffinity.map((term) => affinityTerm(term, pod, world)));
      this.#carried.set(pod, {
        repels: unique(podAntiAffinity.map((term) => this.#addTerm(term.topologyKey, affinityTerm(term, pod, world)))),
        attracts: unique(podAffinity.map(({ topologyKey }) => this.#addTerm(topologyKey, group))),
        spreads: unique(topologySpread.map((constraint) => this.#addSpread(pod, constraint))),
      });
    }
    for (const { of, most, pods: members } of shares) {
      const index = this.#terms.length;
      this.#terms.push({ topology: this.topologyOf(of, null, of), term: null });
      this.#shares.push({ term: index, most });
      for (const pod of members) this.#shared.set(pod, [...(this.#shared.get(pod) ?? []), index]);
    }
  }

  get size(): number {
    return this.#terms.length;
  }

  couplingOf(pod: SnapshotPod): PodCoupling {
    const carried = this.#carried.get(pod) ?? { repels: [], attracts: [], spreads: [] };
    return { ...carried, matches: [...this.#matchesOf(pod), ...(this.#shared.get(pod) ?? [])] };
  }

  /** Domain of a node by topology: an id for each label value, -1 without the label or where a spread does not count it. */
  domainsOf(view: NodeView, machine: Machine): Int32Array {
    return Int32Array.from(this.topologies, ({ key }, topology) => {
      const place = this.#places[topology]!;
      const value = place === null ? view.labels[key] : (sharedPlaceOf(place, machine) ?? undefined);
      if (value === undefined || this.#filters[topology]?.admits(view) === false) return -1;
      const ids = this.#domainIds[topology]!;
      let id = ids.get(value);
      if (id === undefined) {
        id = ids.size;
        ids.set(value, id);
      }
      return id;
    });
  }

  /** The terms with what pods outside the problem contribute to them. `daemons`: pods that come with a node. */
  countTerms(outside: readonly (readonly [SnapshotPod, Int32Array])[], daemons: readonly PodView[]): CountTerm[] {
    const growing = new Set(daemons.flatMap((daemon) => this.#matchesOf(daemon)));
    const terms = this.#terms.map(({ topology }, index) => ({
      topologyKey: topology,
      growing: growing.has(index),
      fixedByDomain: new Map<number, number>(),
      fixedTotal: 0,
      fixedCarriers: new Map<number, number>(),
      fixedDependants: new Map<number, number>(),
    }));
    const bump = (counts: Map<number, number>, domain: number) => {
      if (domain >= 0) counts.set(domain, (counts.get(domain) ?? 0) + 1);
    };
    for (const [pod, domains] of outside) {
      const { matches, repels, attracts } = this.couplingOf(pod);
      for (const index of matches) {
        const term = terms[index]!;
        if (domains[term.topologyKey]! >= 0) term.fixedTotal++;
        bump(term.fixedByDomain, domains[term.topologyKey]!);
      }
      for (const index of repels) bump(terms[index]!.fixedCarriers, domains[terms[index]!.topologyKey]!);
      for (const index of attracts) bump(terms[index]!.fixedDependants, domains[terms[index]!.topologyKey]!);
    }
    return terms;
  }

  /** The spread constraints, given the domains of every node at the start and the pods by domain. */
  spreadRules(starts: readonly Int32Array[], counts: (term: number) => ReadonlyMap<number, number>): SpreadRule[] {
    return this.#spreads.map(({ term, maxSkew, minDomains, selfMatch }) => {
      const { topology } = this.#terms[term]!;
      const domains = new Set(starts.map((domainIds) => domainIds[topology]!).filter((domain) => domain >= 0));
      const byDomain = counts(term);
      const values = [...domains].map((domain) => byDomain.get(domain) ?? 0);
      const { perNode } = this.topologies[topology]!;
      // Launched and emptied nodes count none, so with a domain for each node the smallest count is taken as none.
      const smallest = perNode || (minDomains !== null && domains.size < minDomains) ? 0 : Math.min(...values);
      const initialSkews = new Map([...domains].map((domain) => [domain, (byDomain.get(domain) ?? 0) - smallest]));
      return {
        term,
        maxSkew,
        minDomains,
        selfMatch,
        domains: perNode ? null : [...domains].sort((a, b) => a - b),
        initialSkews,
      };
    });
  }

  /** What policy asks of shares, given the pods by domain at the start. */
  shareRules(counts: (term: number) => ReadonlyMap<number, number>): ShareRule[] {
    return this.#shares.map((rule) => ({ ...rule, initial: counts(rule.term) }));
  }

  #addTerm(topologyKey: string, term: PodTerm, filter: NodeFilter | null = null): number {
    const key = `${topologyKey}\n${filter?.key ?? ''}\n${term.key}`;
    let index = this.#termByKey.get(key);
    if (index === undefined) {
      index = this.#terms.length;
      this.#termByKey.set(key, index);
      this.#indices.add(term, index);
      this.#terms.push({ topology: this.topologyOf(topologyKey, filter), term });
    }
    return index;
  }

  /** The index of a topology, which is added where it is new. */
  topologyOf(key: string, filter: NodeFilter | null, place: SharedPlace | null = null): number {
    const identity = `${key}\n${filter?.key ?? ''}\n${place ?? ''}`;
    let index = this.#topologyByKey.get(identity);
    if (index === undefined) {
      index = this.topologies.length;
      this.#topologyByKey.set(identity, index);
      this.#filters.push(filter);
      this.#places.push(place);
      this.topologies.push({ key, perNode: key === PER_NODE_KEY });
      this.#domainIds.push(new Map());
    }
    return index;
  }

  #addSpread(pod: SnapshotPod, constraint: SpreadConstraint): number {
    const podTerm = spreadTerm(constraint, pod);
    const { topologyKey, maxSkew, minDomains } = constraint;
    const selfMatch = podTerm.matches(pod) ? 1 : 0;
    const term = this.#addTerm(topologyKey, podTerm, spreadFilter(constraint, pod));
    const key = JSON.stringify([term, maxSkew, minDomains, selfMatch]);
    let index = this.#spreadByKey.get(key);
    if (index === undefined) {
      index = this.#spreads.length;
      this.#spreadByKey.set(key, index);
      this.#spreads.push({ term, maxSkew, minDomains, selfMatch });
    }
    return index;
  }

  #matchesOf(pod: PodView): readonly number[] {
    if (this.#terms.length === 0) return [];
    const key = profileKey(pod);
    let matches = this.#matches.get(key);
    if (matches === undefined) {
      matches = this.#indices.matching(pod).sort((a, b) => a - b);
      this.#matches.set(key, matches);
    }
    return matches;
  }
}

function unique(indices: readonly number[]): number[] {
  return [...new Set(indices)].sort((a, b) => a - b);
}
