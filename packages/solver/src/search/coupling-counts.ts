import type { Problem, ShareRule } from '../problem/problem.ts';

/**
 * Running counts for the rules that couple nodes: affinity, anti-affinity, spread, and shares that policy asks for. `mayAdd` asks before a pod is placed;
 * removals can break others' rules too (an affinity's partner, a spread's smallest domain), which `isSound` finds for
 * everything touched since the last `forget`.
 */
export class CouplingCounts {
  readonly #problem: Problem;
  /** By term and domain: matching pods, carriers of it as anti-affinity, carriers of it as affinity. */
  readonly #matching: number[][];
  readonly #repelling: number[][];
  readonly #depending: number[][];
  readonly #total: number[];
  /** Terms whose dependants count themselves. */
  readonly #selfDependent: boolean[];
  readonly #spreadsOfTerm: number[][];
  /** By term: what policy lets be in one domain. */
  readonly #shares: (ShareRule | undefined)[] = [];
  /** By spread over nodes: where it was broken at the start, so that whoever was there may go on breaking it. */
  readonly #brokenAtStart: ReadonlySet<number>[];
  /** Spreads over nodes with more than maxSkew pods on some node, and no node empty: one that is emptied would break them. */
  readonly #isFragile: boolean[];
  readonly #touched = new Map<number, Set<number>>();
  /** By spread: how many pods each domain shall have in the end, while everything is placed anew. */
  #quotas: readonly (ReadonlyMap<number, number> | null)[] | null = null;

  constructor(problem: Problem) {
    this.#problem = problem;
    const { terms } = problem;
    const arrays = (pick: (term: (typeof terms)[number]) => ReadonlyMap<number, number>) =>
      terms.map((term) => {
        const counts: number[] = [];
        for (const [domain, count] of pick(term)) counts[domain] = count;
        return counts;
      });
    this.#matching = arrays(({ fixedByDomain }) => fixedByDomain);
    this.#repelling = arrays(({ fixedCarriers }) => fixedCarriers);
    this.#depending = arrays(({ fixedDependants }) => fixedDependants);
    this.#total = terms.map(({ fixedTotal }) => fixedTotal);
    this.#selfDependent = terms.map(() => false);
    for (const { attracts, matches } of problem.classes) {
      for (const term of attracts) if (matches.includes(term)) this.#selfDependent[term] = true;
    }
    const starts = problem.spreads.map(({ maxSkew, minDomains, initialSkews }) => {
      const isShort = minDomains !== null && initialSkews.size < minDomains;
      const smallest = isShort || initialSkews.size === 0 ? 0 : Math.min(...initialSkews.values());
      const over = [...initialSkews].filter(([, count]) => count > maxSkew);
      const broken = over.flatMap(([domain, count]) => (count - smallest > maxSkew ? [domain] : []));
      return { broken: new Set(broken), isFragile: broken.length < over.length };
    });
    this.#brokenAtStart = starts.map(({ broken }) => broken);
    this.#isFragile = starts.map(({ isFragile }) => isFragile);
    for (const share of problem.shares) this.#shares[share.term] = share;
    this.#spreadsOfTerm = terms.map((_, term) =>
      problem.spreads.flatMap((spread, index) => (spread.term === term ? [index] : [])),
    );
  }

  /** Whether one more pod of class `c` may come into these domains. */
  mayAdd(c: number, domains: ArrayLike<number>): boolean {
    const { classes, terms, spreads } = this.#problem;
    const { matches, repels, attracts, spreads: carried } = classes[c]!;
    for (const t of repels) {
      const domain = domains[terms[t]!.topologyKey]!;
      if (domain >= 0 && (this.#matching[t]![domain] ?? 0) > 0) return false;
    }
    for (const t of matches) {
      const domain = domains[terms[t]!.topologyKey]!;
      if (domain >= 0 && ((this.#repelling[t]![domain] ?? 0) > 0 || this.#leftOfTerm(t, domain) < 1)) return false;
    }
    for (const t of attracts) {
      const domain = domains[terms[t]!.topologyKey]!;
      if (domain < 0) return false;
      if ((this.#matching[t]![domain] ?? 0) > 0) continue;
      if (attracts.some((term) => this.#total[term]! > 0) || !matches.includes(t)) return false;
    }
    for (const index of carried) {
      const { term, selfMatch, domains: taking } = spreads[index]!;
      const domain = domains[terms[term]!.topologyKey]!;
      if (domain < 0 || (taking !== null && !taking.includes(domain))) return false;
      if (selfMatch > this.#leftIn(index, domain)) return false;
    }
    return true;
  }

  /**
   * While everything is placed anew, a spread asks for nothing on the way but that no domain gets more than its share in
   * the end: else pods could only come to the domains in turn. `mobile`: pods to be placed, by class.
   */
  shareOut(mobile: ArrayLike<number>): void {
    const { classes, spreads } = this.#problem;
    const placed = this.#problem.terms.map(() => 0);
    for (const { index, matches } of classes) for (const term of matches) placed[term]! += mobile[index]!;
    this.#quotas = spreads.map(({ term, domains, selfMatch }) => {
      if (domains === null || selfMatch === 0) return null;
      const quota = new Map(domains.map((domain) => [domain, this.#matching[term]![domain] ?? 0]));
      for (let left = placed[term]!; left > 0; left--) {
        let least = domains[0]!;
        for (const domain of domains) if (quota.get(domain)! < quota.get(least)!) least = domain;
        quota.set(least, quota.get(least)! + 1);
      }
      return quota;
    });
  }

  /** From here on spreads are kept at every step again. */
  endShares(): void {
    this.#quotas = null;
  }

  /** How many of class `c` may come into these domains together, nothing else changing; more may in the end. */
  mayAddTogether(c: number, domains: ArrayLike<number>): number {
    if (!this.mayAdd(c, domains)) return 0;
    const { classes, terms, spreads } = this.#problem;
    const { matches, repels, spreads: carried } = classes[c]!;
    if (repels.some((t) => matches.includes(t) && domains[terms[t]!.topologyKey]! >= 0)) return 1;
    let most = Number.MAX_SAFE_INTEGER;
    for (const t of matches) {
      const domain = domains[terms[t]!.topologyKey]!;
      if (domain >= 0) most = Math.min(most, this.#leftOfTerm(t, domain));
    }
    for (const index of carried) {
      const { term, selfMatch } = spreads[index]!;
      if (selfMatch === 1) most = Math.min(most, this.#leftIn(index, domains[terms[term]!.topologyKey]!));
    }
    return most;
  }

  change(c: number, domains: ArrayLike<number>, delta: number): void {
    const { classes, terms } = this.#problem;
    const { matches, repels, attracts } = classes[c]!;
    for (const t of matches) {
      const domain = domains[terms[t]!.topologyKey]!;
      if (domain < 0) continue;
      this.#total[t]! += delta;
      bump(this.#matching[t]!, domain, delta);
      this.#touch(t, domain);
    }
    for (const t of repels) {
      const domain = domains[terms[t]!.topologyKey]!;
      if (domain >= 0) bump(this.#repelling[t]!, domain, delta);
    }
    for (const t of attracts) {
      const domain = domains[terms[t]!.topologyKey]!;
      if (domain < 0) continue;
      bump(this.#depending[t]!, domain, delta);
      this.#touch(t, domain);
    }
  }

  forget(): void {
    if (this.#touched.size > 0) this.#touched.clear();
  }

  /** Whether what was touched leaves every affinity with its partner and every spread within its skew. */
  isSound(): boolean {
    for (const [term, domains] of this.#touched) {
      for (const domain of domains) {
        if ((this.#depending[term]![domain] ?? 0) > 0) {
          const matching = this.#matching[term]![domain] ?? 0;
          // One that depends on its own kind needs another, unless it is the only one anywhere.
          const alone = matching === 1 && this.#total[term] === 1;
          const enough = this.#selfDependent[term] ? matching >= 2 || alone : matching >= 1;
          if (!enough) return false;
        }
      }
      for (const index of this.#spreadsOfTerm[term]!) if (!this.#isWithinSkew(index, domains)) return false;
    }
    return true;
  }

  #isWithinSkew(index: number, touched: ReadonlySet<number>): boolean {
    const { term, maxSkew, initialSkews, domains } = this.#problem.spreads[index]!;
    const counts = this.#matching[term]!;
    if (domains === null) {
      // The smallest count matters, which is not followed here: leave it alone.
      if (this.#isFragile[index]) return false;
      const broken = this.#brokenAtStart[index]!;
      for (const domain of touched) if ((counts[domain] ?? 0) > maxSkew && !broken.has(domain)) return false;
      return true;
    }
    const smallest = this.#smallest(index);
    for (const domain of domains) {
      if ((counts[domain] ?? 0) - smallest > Math.max(maxSkew, initialSkews.get(domain) ?? 0)) return false;
    }
    return true;
  }

  /** How many more matching pods a spread lets into a domain, nothing else changing. */
  #leftIn(index: number, domain: number): number {
    const { term, maxSkew } = this.#problem.spreads[index]!;
    const most = this.#quotas?.[index]?.get(domain) ?? maxSkew + this.#smallest(index);
    return most - (this.#matching[term]![domain] ?? 0);
  }

  /** How many more of a term's pods may come into a domain, whatever their own rules: by policy, and where a spread is broken. */
  #leftOfTerm(term: number, domain: number): number {
    let left = this.#leftOfShare(term, domain);
    for (const index of this.#spreadsOfTerm[term]!) {
      const { domains, maxSkew } = this.#problem.spreads[index]!;
      // Who has come since would not be forgiven.
      if (domains === null && this.#brokenAtStart[index]!.has(domain))
        left = Math.min(left, maxSkew - (this.#matching[term]![domain] ?? 0));
    }
    return left;
  }

  /** How many more of a term's pods policy lets into a domain. */
  #leftOfShare(term: number, domain: number): number {
    const share = this.#shares[term];
    if (share === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(share.most, share.initial.get(domain) ?? 0) - (this.#matching[term]![domain] ?? 0);
  }

  #smallest(index: number): number {
    const { term, minDomains, domains } = this.#problem.spreads[index]!;
    // With a domain for each node, one that is launched or empty counts none.
    if (domains === null || (minDomains !== null && domains.length < minDomains)) return 0;
    let smallest = Number.POSITIVE_INFINITY;
    for (const domain of domains) smallest = Math.min(smallest, this.#matching[term]![domain] ?? 0);
    return smallest === Number.POSITIVE_INFINITY ? 0 : smallest;
  }

  #touch(term: number, domain: number): void {
    const domains = this.#touched.get(term);
    if (domains === undefined) this.#touched.set(term, new Set([domain]));
    else domains.add(domain);
  }
}

function bump(counts: number[], index: number, delta: number): void {
  counts[index] = (counts[index] ?? 0) + delta;
}
