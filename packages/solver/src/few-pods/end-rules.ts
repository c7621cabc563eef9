import { homeOf } from '../problem/home-of.ts';
import type { Problem } from '../problem/problem.ts';
import { type Counted, countedAtStart, mostBySpread } from '../problem/spread-limit.ts';
import type { PodSets } from './pod-sets.ts';

/** Rules on other pods, by the names that they have in `@restow/scheduling`. */
export type CouplingRule = 'pod-anti-affinity' | 'pod-affinity' | 'topology-spread';

/**
 * Whether pods of a class may break a rule in the end, because one of them breaks it at the start. They are never let in
 * so. `comes`: where there are more of them than at the start.
 */
export type Tolerates = (c: number, rule: CouplingRule, comes: boolean) => boolean;

/** One place in a placement that is being put together. */
interface Entered {
  readonly set: number;
  /** By topology; of a launched node one of its own where every node is a domain. */
  readonly domains: ArrayLike<number>;
  readonly homeOf: HomeOf;
}

/** How many of a class are there at the start. */
type HomeOf = (c: number) => number;

/** What is known of a term from the start on. */
interface Standing extends Counted {
  /** Of those that it counts: they never move. */
  readonly still: ReadonlyMap<number, number>;
  /** Carriers of it as anti-affinity that never move. */
  readonly stillCarriers: ReadonlyMap<number, number>;
  /** Positions of classes that match, among those that may move. */
  readonly matching: readonly number[];
}

/**
 * What the rules that couple nodes leave of where sets of a few pods can be in the end, whatever the moves: what is broken
 * in the end by a class that breaks nothing at the start is not, and neither is what nobody can have been let into.
 * The checker's view is taken: every node is there from the first move to the last, so an emptied one counts as a domain.
 * It says no only where that is certain.
 */
export class EndRules {
  readonly #problem: Problem;
  readonly #sets: PodSets;
  readonly #tolerates: Tolerates;
  readonly #terms: readonly Standing[];
  /** By spread: all matching pods that move carry it themselves, so that each that comes was let in by it. */
  readonly #isOwn: readonly boolean[];
  /** By term: pods that match and move all want another such pod, so that they come to no domain that has none. */
  readonly #isClosed: readonly boolean[];
  readonly #entered: Entered[] = [];
  /** By term and domain: matching pods of what is entered and what never moves. */
  readonly #counts: Map<number, number>[];

  constructor(problem: Problem, sets: PodSets, tolerates: Tolerates) {
    this.#problem = problem;
    this.#sets = sets;
    this.#tolerates = tolerates;
    this.#terms = problem.terms.map((_, term) => termAtStart(problem, sets, term));
    this.#isOwn = problem.spreads.map(({ term, selfMatch }, index) => {
      const carry = (at: number) => this.#class(at).spreads.includes(index);
      return selfMatch === 1 && this.#terms[term]!.matching.every(carry);
    });
    this.#isClosed = problem.terms.map((_, term) => {
      const { matching, total } = this.#terms[term]!;
      return total >= 2 && total < Infinity && matching.every((at) => this.#class(at).attracts.includes(term));
    });
    this.#counts = this.#terms.map(({ still }) => new Map(still));
  }

  /** Whether nothing speaks against a set on one place, whatever is elsewhere. */
  mayBeOn(set: number, domains: ArrayLike<number>, homeOf: HomeOf): boolean {
    const { classes, spreads, terms } = this.#problem;
    const domainOf = (term: number) => domains[terms[term]!.topologyKey]!;
    for (const [at, c] of this.#sets.classes.entries()) {
      const count = this.#sets.count(set, at);
      if (count === 0) continue;
      const comes = count > homeOf(c);
      const { repels, matches, attracts, spreads: carried } = classes[c]!;
      for (const term of repels) {
        const domain = domainOf(term);
        if (domain < 0) continue;
        const { still, matching } = this.#terms[term]!;
        if (comes && (still.get(domain) ?? 0) > 0) return false;
        const others = this.#matchingIn(set, term) - (matches.includes(term) ? 1 : 0);
        if (others === 0) continue;
        const isOld = matching.every((one) => this.#sets.count(set, one) <= homeOf(this.#sets.classes[one]!));
        if (comes || !isOld || !this.#tolerates(c, 'pod-anti-affinity', false)) return false;
      }
      for (const term of matches) {
        const domain = domainOf(term);
        if (domain >= 0 && comes && (this.#terms[term]!.stillCarriers.get(domain) ?? 0) > 0) return false;
      }
      for (const term of attracts) {
        if (comes && !this.#mayFollow(c, term, domainOf(term))) return false;
      }
      for (const index of carried) {
        const { term } = spreads[index]!;
        const domain = domainOf(term);
        if (domain < 0) continue;
        const there = this.#matchingIn(set, term) + (this.#terms[term]!.still.get(domain) ?? 0);
        if (there > this.#mostIn(index, domain)) return false;
      }
    }
    return true;
  }

  /** Adds what is on an existing node to the placement; whether nothing speaks against what is entered and the rest of the pods, `left`. */
  enterNode(node: number, set: number, left: number): boolean {
    const there = this.#problem.nodes[node]!;
    return this.#enter({ set, domains: there.domains, homeOf: (c) => homeOf(there, c) }, left);
  }

  /** The same for one more launched node. */
  enterKind(kind: number, set: number, left: number): boolean {
    const own = -2 - this.#entered.length;
    const { topologies, kinds } = this.#problem;
    const domains = topologies.map(({ perNode }, topology) => {
      const domain = kinds[kind]!.domains[topology]!;
      return perNode && domain >= 0 ? own : domain;
    });
    return this.#enter({ set, domains, homeOf: () => 0 }, left);
  }

  /** Takes back what was entered last. */
  leave(): void {
    this.#count(this.#entered.pop()!, -1);
  }

  #enter(entered: Entered, left: number): boolean {
    this.#entered.push(entered);
    this.#count(entered, 1);
    return this.#entered.every((one) => this.#isStillFine(one, left));
  }

  #count({ set, domains }: Entered, sign: 1 | -1): void {
    const { classes, terms } = this.#problem;
    for (const [at, c] of this.#sets.classes.entries()) {
      const count = this.#sets.count(set, at);
      if (count === 0) continue;
      for (const term of classes[c]!.matches) {
        const domain = domains[terms[term]!.topologyKey]!;
        if (domain === -1) continue;
        const counts = this.#counts[term]!;
        counts.set(domain, (counts.get(domain) ?? 0) + sign * count);
      }
    }
  }

  /** Whether those on this place can be content in the end, by what is entered and what is left. */
  #isStillFine({ set, domains, homeOf }: Entered, left: number): boolean {
    const { classes, terms } = this.#problem;
    for (const [at, c] of this.#sets.classes.entries()) {
      const count = this.#sets.count(set, at);
      if (count === 0) continue;
      const tolerates = (rule: CouplingRule) => this.#tolerates(c, rule, count > homeOf(c));
      const { repels, attracts, matches, spreads } = classes[c]!;
      const others = (term: number) => {
        const domain = domains[terms[term]!.topologyKey]!;
        return domain === -1 ? 0 : (this.#counts[term]!.get(domain) ?? 0) - (matches.includes(term) ? 1 : 0);
      };
      if (!tolerates('pod-anti-affinity') && repels.some((term) => others(term) > 0)) return false;
      if (!tolerates('pod-affinity')) {
        // One that wants its own kind may be alone where it is the only one anywhere.
        const isLost = (term: number) =>
          others(term) === 0 && this.#terms[term]!.total >= 2 && this.#matchingIn(left, term) === 0;
        if (attracts.some((term) => this.#terms[term]!.total < Infinity && isLost(term))) return false;
      }
      const mayBeUneven = tolerates('topology-spread');
      for (const index of spreads) if (!this.#isStillSpread(index, domains, left, mayBeUneven)) return false;
    }
    return true;
  }

  #isStillSpread(index: number, domains: ArrayLike<number>, left: number, mayBeUneven: boolean): boolean {
    const { spreads, terms, topologies } = this.#problem;
    const { term, maxSkew, initialSkews } = spreads[index]!;
    const { topologyKey, growing } = terms[term]!;
    const domain = domains[topologyKey]!;
    if (domain === -1 || growing) return true;
    const counts = this.#counts[term]!;
    const here = counts.get(domain) ?? 0;
    if (here > this.#mostIn(index, domain)) return false;
    if (mayBeUneven) return true;
    // Other domains must come near, each with pods that have no place yet.
    let wanting = 0;
    const { perNode } = topologies[topologyKey]!;
    for (const other of initialSkews.keys()) {
      const missing = here - maxSkew - (counts.get(other) ?? 0);
      if (missing <= 0 || other === domain) continue;
      if (perNode && this.#entered.some((one) => one.domains[topologyKey] === other)) return false;
      wanting += missing;
    }
    return wanting <= this.#matchingIn(left, term);
  }

  /** Whether a pod can ever be let into a domain that wants a matching pod to be there. */
  #mayFollow(c: number, term: number, domain: number): boolean {
    const { classes, terms } = this.#problem;
    const { total, byDomain } = this.#terms[term]!;
    if (total === Infinity) return true;
    const { matches, repels } = classes[c]!;
    // The first of its kind may go anywhere, as long as it is the only one.
    if (matches.includes(term) && total <= 1) return true;
    if (total === 0 || (this.#isClosed[term] && (byDomain.get(domain) ?? 0) === 0)) return false;
    // Who follows must not be kept away by those that it follows.
    const { topologyKey, fixedTotal } = terms[term]!;
    const others = classes.filter((one) => one.matches.includes(term));
    const isTorn = (repelled: number) =>
      terms[repelled]!.topologyKey === topologyKey && others.every((one) => one.matches.includes(repelled));
    return fixedTotal > 0 || !repels.some(isTorn);
  }

  #mostIn(index: number, domain: number): number {
    const spread = this.#problem.spreads[index]!;
    return this.#isOwn[index] ? mostBySpread(spread, this.#terms[spread.term]!, domain) : Infinity;
  }

  #matchingIn(set: number, term: number): number {
    let count = 0;
    for (const at of this.#terms[term]!.matching) count += this.#sets.count(set, at);
    return count;
  }

  #class(at: number) {
    return this.#problem.classes[this.#sets.classes[at]!]!;
  }
}

function termAtStart(problem: Problem, sets: PodSets, term: number): Standing {
  const { topologyKey, fixedByDomain, fixedCarriers } = problem.terms[term]!;
  const still = new Map(fixedByDomain);
  const stillCarriers = new Map(fixedCarriers);
  const add = (counts: Map<number, number>, domain: number, count: number) => {
    if (domain >= 0) counts.set(domain, (counts.get(domain) ?? 0) + count);
  };
  for (const { domains, homeClasses, homeCounts } of problem.nodes) {
    const domain = domains[topologyKey]!;
    for (const [k, c] of homeClasses.entries()) {
      if (sets.classes.includes(c)) continue;
      const { matches, repels } = problem.classes[c]!;
      if (matches.includes(term)) add(still, domain, homeCounts[k]!);
      if (repels.includes(term)) add(stillCarriers, domain, homeCounts[k]!);
    }
  }
  const matching = [...sets.classes.keys()].filter((at) => problem.classes[sets.classes[at]!]!.matches.includes(term));
  return { ...countedAtStart(problem, term), still, stillCarriers, matching };
}
