import type { Problem, SpreadRule } from './problem.ts';

/** Pods that a term counts, at the start. */
export interface Counted {
  readonly byDomain: ReadonlyMap<number, number>;
  /** All of them; infinite where more can come. */
  readonly total: number;
}

/** What a term counts at the start, of all pods. */
export function countedAtStart({ terms, nodes, classes }: Problem, term: number): Counted {
  const { topologyKey, growing, fixedByDomain, fixedTotal } = terms[term]!;
  const byDomain = new Map(fixedByDomain);
  let total = growing ? Number.POSITIVE_INFINITY : fixedTotal;
  for (const { domains, homeClasses, homeCounts } of nodes) {
    const domain = domains[topologyKey]!;
    homeClasses.forEach((c, k) => {
      if (!classes[c]!.matches.includes(term)) return;
      // Where there is no domain nobody is counted: so many more there can be once they come to one.
      total += domain >= 0 ? homeCounts[k]! : Number.POSITIVE_INFINITY;
      if (domain >= 0) byDomain.set(domain, (byDomain.get(domain) ?? 0) + homeCounts[k]!);
    });
  }
  return { byDomain, total };
}

/**
 * The most matching pods that can be in a domain in the end by a spread that all of them carry which can come: the last one
 * was let in while every other domain had at most maxSkew fewer, and there are only so many pods; or as many as were there
 * at the start.
 */
export function mostBySpread(
  { maxSkew, initialSkews }: SpreadRule,
  { byDomain, total }: Counted,
  domain: number,
): number {
  if (total === Number.POSITIVE_INFINITY) return total;
  const others = initialSkews.size - (initialSkews.has(domain) ? 1 : 0);
  const shared = Math.floor((total + others * maxSkew) / (1 + others));
  return Math.max(maxSkew, shared, byDomain.get(domain) ?? 0);
}
