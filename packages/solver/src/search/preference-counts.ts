import type { PodPreferences, Preferred } from '../problem/preferences.ts';

/** What one term counts in one domain: matching pods, and what those that carry it pay where they do not have what they want. */
interface Company {
  matching: number;
  /** Of those that want others: of them, of those that are counted themselves. */
  together: number;
  togetherSelf: number;
  apart: number;
  apartSelf: number;
}

/** What preferences that speak of other pods cost an hour, kept up to date as pods come and go. Whole micros, so that sums are exact. */
export class PreferenceCounts {
  microsPerHour = 0;
  readonly #preferred: Preferred;
  /** By term and domain. */
  readonly #company: Map<number, Company>[];
  readonly #spreadsOfTerm: readonly (readonly number[])[];
  readonly #spreadMicros: number[];

  constructor(preferred: Preferred) {
    this.#preferred = preferred;
    this.#company = preferred.topologies.map(() => new Map());
    this.#spreadsOfTerm = preferred.topologies.map((_, term) =>
      preferred.spreads.flatMap((spread, index) => (spread.term === term ? [index] : [])),
    );
    this.#spreadMicros = preferred.spreads.map(() => 0);
    for (const [pod, domains] of preferred.outside) this.change(pod, domains, 1);
  }

  /** So many more, or fewer, of pods with these preferences in these domains. */
  change({ matches, company }: PodPreferences, domains: ArrayLike<number>, delta: number): void {
    for (const { term, wants, selfMatch, microsPerHour } of company) {
      const domain = domains[this.#preferred.topologies[term]!]!;
      const amount = delta * microsPerHour;
      if (domain < 0) {
        // Where there is no domain there is nobody.
        if (wants === 'together') this.microsPerHour += amount;
        continue;
      }
      this.#alter(term, domain, (there) => {
        there[wants] += amount;
        if (selfMatch === 1) there[`${wants}Self`] += amount;
      });
    }
    for (const term of matches) {
      const domain = domains[this.#preferred.topologies[term]!]!;
      if (domain < 0) continue;
      this.#alter(term, domain, (there) => {
        there.matching += delta;
      });
      for (const index of this.#spreadsOfTerm[term]!) this.#spread(index, domain, delta);
    }
  }

  #alter(term: number, domain: number, change: (there: Company) => void): void {
    let there = this.#company[term]!.get(domain);
    if (there === undefined) {
      there = { matching: 0, together: 0, togetherSelf: 0, apart: 0, apartSelf: 0 };
      this.#company[term]!.set(domain, there);
    }
    this.microsPerHour -= costOfCompany(there);
    change(there);
    this.microsPerHour += costOfCompany(there);
  }

  #spread(index: number, domain: number, delta: number): void {
    const { term, domains, maxSkew, microsPerHour } = this.#preferred.spreads[index]!;
    const counts = this.#company[term]!;
    const over = (count: number, smallest: number) => Math.max(0, count - smallest - maxSkew);
    if (domains === null) {
      const count = counts.get(domain)!.matching;
      this.microsPerHour += microsPerHour * (over(count, 0) - over(count - delta, 0));
      return;
    }
    const all = domains.map((one) => counts.get(one)?.matching ?? 0);
    const smallest = Math.min(...all);
    const now = microsPerHour * all.reduce((sum, count) => sum + over(count, smallest), 0);
    this.microsPerHour += now - this.#spreadMicros[index]!;
    this.#spreadMicros[index] = now;
  }
}

function costOfCompany({ matching, together, togetherSelf, apart, apartSelf }: Company): number {
  const alone = matching === 0 ? together : matching === 1 ? togetherSelf : 0;
  const crowded = matching >= 2 ? apart : matching === 1 ? apart - apartSelf : 0;
  return alone + crowded;
}
