import type { NodeFilter } from './node-filter.ts';
import type { NodeView } from './views.ts';

/** How many pods that match one term are in each domain: kept up to date, never counted again. */
export class TermCount {
  readonly topologyKey: string;
  readonly byDomain = new Map<string, number>();
  /** In all domains together: pods on nodes without the label are in none. Source: scheduler plugin InterPodAffinity, topologyToMatchedTermCount. */
  total = 0;
  readonly #filter: NodeFilter | null;
  /** How many domains have so many pods; those that have none are left out. */
  readonly #domainsWith = new Map<number, number>();

  /** `filter`: pods on nodes that it does not admit are not counted. */
  constructor(topologyKey: string, filter: NodeFilter | null) {
    this.topologyKey = topologyKey;
    this.#filter = filter;
  }

  /** So many matching pods more, or less, on this node. */
  adjust(node: NodeView, pods: number): void {
    if (this.#filter?.admits(node) === false) return;
    const domain = node.labels[this.topologyKey];
    if (domain === undefined) return;
    this.total += pods;
    const before = this.byDomain.get(domain) ?? 0;
    this.byDomain.set(domain, before + pods);
    if (before !== 0) bump(this.#domainsWith, before, -1);
    if (before + pods !== 0) bump(this.#domainsWith, before + pods, 1);
  }

  /** The smallest count among so many domains, all that take part. */
  smallestOf(domains: number): number {
    let occupied = 0;
    let smallest = Number.POSITIVE_INFINITY;
    for (const [count, times] of this.#domainsWith) {
      occupied += times;
      smallest = Math.min(smallest, count);
    }
    return occupied < domains || occupied === 0 ? 0 : smallest;
  }
}

/** Domains that have an admitted node. */
export class DomainNodes {
  readonly #topologyKey: string;
  readonly #filter: NodeFilter | null;
  readonly #nodes = new Map<string, number>();

  constructor(topologyKey: string, filter: NodeFilter | null) {
    this.#topologyKey = topologyKey;
    this.#filter = filter;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** One node more, or less. */
  adjust(node: NodeView, sign: 1 | -1): void {
    const domain = node.labels[this.#topologyKey];
    if (domain !== undefined && this.#filter?.admits(node) !== false) bump(this.#nodes, domain, sign);
  }
}

/** Adds to a count; what comes to nothing is left out. */
export function bump<K>(counts: Map<K, number>, key: K, by: number): void {
  const after = (counts.get(key) ?? 0) + by;
  if (after === 0) counts.delete(key);
  else counts.set(key, after);
}
