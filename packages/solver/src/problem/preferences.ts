import type { PodAffinityTerm, SnapshotPod } from '@restow/model';
import {
  affinityTerm,
  FULL_WEIGHT,
  isResolvable,
  type NodeFilter,
  type PodTerm,
  type PodView,
  profileKey,
  spreadFilter,
  spreadTerm,
  TermIndex,
  type World,
} from '@restow/scheduling';

/** What a pod would rather have of others in its domain: at least one that matches (`together`), or none (`apart`). */
export interface PreferredCompany {
  /** Index into `Preferred.topologies`. */
  readonly term: number;
  readonly wants: 'together' | 'apart';
  /** The pod is itself counted. */
  readonly selfMatch: 0 | 1;
  /** What it costs an hour where that is not so. */
  readonly microsPerHour: number;
}

/** What others count of a pod, and what it would rather have of them. */
export interface PodPreferences {
  /** Terms that count the pod. */
  readonly matches: readonly number[];
  readonly company: readonly PreferredCompany[];
}

/** A spread that is not required: every pod that a domain has more than `maxSkew` above the smallest one has its price. */
export interface PreferredSpread {
  readonly term: number;
  readonly maxSkew: number;
  /** Domains that take part; null: every node is one, and some have none. */
  readonly domains: readonly number[] | null;
  readonly microsPerHour: number;
}

/** Preferences that speak of other pods, at the policy's price. */
export interface Preferred {
  /** By term: the topology by whose domains it counts. */
  readonly topologies: readonly number[];
  readonly spreads: readonly PreferredSpread[];
  /** Pods outside the problem, with the domains of their nodes. */
  readonly outside: readonly (readonly [PodPreferences, Int32Array])[];
}

const NOTHING: PodPreferences = { matches: [], company: [] };

/** Gathers the preferences that speak of other pods; of each term it is asked once for each distinct (namespace, labels). */
export class PreferenceIndex {
  readonly #topologies: number[] = [];
  readonly #terms = new TermIndex<number>();
  readonly #termByKey = new Map<string, number>();
  readonly #spreads = new Map<string, Omit<PreferredSpread, 'domains'>>();
  readonly #carried = new Map<SnapshotPod, readonly PreferredCompany[]>();
  readonly #matches = new Map<string, readonly number[]>();

  /** `fullMicros`: what one of full weight costs an hour; 0: nothing is gathered. */
  constructor(
    pods: readonly SnapshotPod[],
    world: World,
    fullMicros: number,
    topologyOf: (key: string, filter: NodeFilter | null) => number,
  ) {
    if (fullMicros === 0) return;
    const microsOf = (weight: number) => Math.round((fullMicros * weight) / FULL_WEIGHT);
    for (const pod of pods) {
      const { preferences } = pod.spec;
      if (preferences === undefined) continue;
      const companyOf = (wants: PreferredCompany['wants'], all: readonly { weight: number; term: PodAffinityTerm }[]) =>
        all.flatMap(({ weight, term }): PreferredCompany[] => {
          if (!isResolvable(term, world)) return [];
          const podTerm = affinityTerm(term, pod, world);
          const index = this.#addTerm(topologyOf(term.topologyKey, null), podTerm);
          return [{ term: index, wants, selfMatch: podTerm.matches(pod) ? 1 : 0, microsPerHour: microsOf(weight) }];
        });
      const company = [
        ...companyOf('together', preferences.podAffinity),
        ...companyOf('apart', preferences.podAntiAffinity),
      ];
      if (company.length > 0) this.#carried.set(pod, company);
      const spec = { ...pod.spec, topologySpread: preferences.topologySpread };
      for (const constraint of preferences.topologySpread) {
        const topology = topologyOf(constraint.topologyKey, spreadFilter(constraint, { spec }));
        const term = this.#addTerm(topology, spreadTerm(constraint, pod));
        const { maxSkew } = constraint;
        this.#spreads.set(`${term}|${maxSkew}`, { term, maxSkew, microsPerHour: microsOf(FULL_WEIGHT) });
      }
    }
  }

  of(pod: SnapshotPod): PodPreferences {
    if (this.#topologies.length === 0) return NOTHING;
    return { matches: this.#matchesOf(pod), company: this.#carried.get(pod) ?? [] };
  }

  /** null: there are none. `starts`: the domains of every node at the start. */
  preferred(
    outside: readonly (readonly [SnapshotPod, Int32Array])[],
    starts: readonly Int32Array[],
    isPerNode: (topology: number) => boolean,
  ): Preferred | null {
    if (this.#topologies.length === 0) return null;
    const domainsOf = (topology: number) =>
      isPerNode(topology) ? null : [...new Set(starts.map((domains) => domains[topology]!))].filter((one) => one >= 0);
    return {
      topologies: this.#topologies,
      spreads: [...this.#spreads.values()].map((spread) => ({
        ...spread,
        domains: domainsOf(this.#topologies[spread.term]!),
      })),
      outside: outside.map(([pod, domains]) => [this.of(pod), domains]),
    };
  }

  #addTerm(topology: number, term: PodTerm): number {
    const key = `${topology}\n${term.key}`;
    let index = this.#termByKey.get(key);
    if (index === undefined) {
      index = this.#topologies.length;
      this.#topologies.push(topology);
      this.#termByKey.set(key, index);
      this.#terms.add(term, index);
    }
    return index;
  }

  #matchesOf(pod: PodView): readonly number[] {
    const key = profileKey(pod);
    let matches = this.#matches.get(key);
    if (matches === undefined) {
      matches = this.#terms.matching(pod).sort((a, b) => a - b);
      this.#matches.set(key, matches);
    }
    return matches;
  }
}
