import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PodPreferences, Preferred } from '../problem/preferences.ts';
import { PreferenceCounts } from './preference-counts.ts';

const DOMAINS = [0, 1, 2];
const PREFERRED: Preferred = {
  topologies: [0, 1],
  spreads: [
    { term: 0, maxSkew: 1, domains: DOMAINS, microsPerHour: 7 },
    { term: 1, maxSkew: 2, domains: null, microsPerHour: 11 },
  ],
  outside: [[{ matches: [0], company: [] }, Int32Array.of(2, -1)]],
};
const KINDS: readonly PodPreferences[] = [
  { matches: [0], company: [{ term: 0, wants: 'apart', selfMatch: 1, microsPerHour: 100 }] },
  { matches: [1], company: [{ term: 0, wants: 'together', selfMatch: 0, microsPerHour: 1_000 }] },
  { matches: [0, 1], company: [{ term: 1, wants: 'together', selfMatch: 1, microsPerHour: 10_000 }] },
  { matches: [], company: [{ term: 1, wants: 'apart', selfMatch: 0, microsPerHour: 100_000 }] },
];

interface Pod {
  readonly preferences: PodPreferences;
  readonly domains: Int32Array<ArrayBuffer>;
}

/** Pod by pod, and domain by domain, from the words of the preferences. */
function countNaively(pods: readonly Pod[]): number {
  let micros = 0;
  const domainOf = (pod: Pod, term: number) => pod.domains[PREFERRED.topologies[term]!]!;
  const counted = (term: number, domain: number) =>
    pods.filter((pod) => pod.preferences.matches.includes(term) && domainOf(pod, term) === domain);
  for (const pod of pods) {
    for (const { term, wants, microsPerHour } of pod.preferences.company) {
      const domain = domainOf(pod, term);
      const others = domain < 0 ? [] : counted(term, domain).filter((other) => other !== pod);
      if (others.length === 0 ? wants === 'together' : wants === 'apart') micros += microsPerHour;
    }
  }
  for (const { term, maxSkew, domains, microsPerHour } of PREFERRED.spreads) {
    const counts = DOMAINS.map((domain) => counted(term, domain).length);
    const smallest = domains === null ? 0 : Math.min(...counts);
    for (const count of counts) micros += microsPerHour * Math.max(0, count - smallest - maxSkew);
  }
  return micros;
}

test('however pods come and go, preferences cost what counting them anew says', () => {
  const pod = fc.record({
    kind: fc.integer({ min: 0, max: KINDS.length - 1 }),
    zone: fc.constantFrom(-1, ...DOMAINS),
    node: fc.constantFrom(-1, ...DOMAINS),
    goesAt: fc.integer({ min: 0, max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(pod, { maxLength: 20 }), (all) => {
      const counts = new PreferenceCounts(PREFERRED);
      const [[preferences, domains]] = PREFERRED.outside as [readonly [PodPreferences, Int32Array]];
      let there: Pod[] = [{ preferences, domains: Int32Array.from(domains) }];
      const coming = all.map(({ kind, zone, node }) => ({
        preferences: KINDS[kind]!,
        domains: Int32Array.of(zone, node),
      }));
      coming.forEach((one, at) => {
        there.push(one);
        counts.change(one.preferences, one.domains, 1);
        const gone = coming.filter((other, k) => all[k]!.goesAt === at && there.includes(other));
        for (const other of gone) counts.change(other.preferences, other.domains, -1);
        there = there.filter((other) => !gone.includes(other));
        expect(counts.microsPerHour).toBe(countNaively(there));
      });
    }),
    { numRuns: 500 },
  );
});
