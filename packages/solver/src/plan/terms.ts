import type { Plan, PriceBasis, PriceBook } from '@restow/model';
import { nanosToMicros } from '@restow/model';
import type { Coverage } from '@restow/pricing';
import type { PlanFacts } from './assemble.ts';

type Terms = Plan['summary']['terms'];

/** By what the plan was chosen: with commitments what the invoice changes by, else what one hour more costs. */
export function basisOf({ offerings, commitments }: PriceBook): PriceBasis {
  if (commitments.length > 0) return 'cash';
  return offerings.some(({ basis }) => basis === 'contracted') ? 'contracted' : 'list';
}

export function coveredNodes({ nodes }: Coverage): Plan['target']['covered'] {
  return [...nodes]
    .map(([node, { by, cashMicrosPerHour, mostCashMicrosPerHour }]) => {
      return { node, by: [...by], microsPerHour: cashMicrosPerHour, mostMicrosPerHour: mostCashMicrosPerHour };
    })
    .sort((one, other) => (one.node < other.node ? -1 : 1));
}

/** The plan's nodes before and after by list price, effective cost, and as a range of what the invoice saves. */
export function termsOf(facts: PlanFacts, nameOf: (slot: number) => string): Terms {
  const { asked, snapshot, prices, coverage, realisation } = facts;
  const removed = new Set(realisation.removed.map(nameOf));
  const list = { before: 0, after: 0 };
  const effective = { before: 0, after: 0 };
  const cash = { before: 0, after: 0 };
  const most = { before: 0, after: 0 };
  let isEffectiveKnown = true;
  const add = (to: { before: number; after: number }, micros: number, isThereAfter: boolean) => {
    to.before += micros;
    if (isThereAfter) to.after += micros;
  };
  for (const node of snapshot.nodes) {
    const price = prices.priceOf(node);
    if (price === null) continue;
    const covered = coverage.nodes.get(node.name);
    const stays = !removed.has(node.name);
    const { listNanosPerHour, nanosPerHour } = price.offering;
    add(list, nanosToMicros(listNanosPerHour ?? nanosPerHour), stays);
    add(cash, covered?.cashMicrosPerHour ?? price.microsPerHour, stays);
    add(most, covered?.mostCashMicrosPerHour ?? price.microsPerHour, stays);
    if (covered?.effectiveMicrosPerHour === null) isEffectiveKnown = false;
    // Of one that goes, what was paid for it ahead is still paid.
    const paidAhead = covered === undefined ? 0 : (covered.effectiveMicrosPerHour ?? 0) - covered.cashMicrosPerHour;
    effective.before += (covered?.cashMicrosPerHour ?? price.microsPerHour) + paidAhead;
    effective.after += stays ? (covered?.cashMicrosPerHour ?? price.microsPerHour) + paidAhead : paidAhead;
  }
  for (const { kind, spare } of realisation.launched) {
    if (spare) continue;
    const { listNanosPerHour, nanosPerHour } = kind.offering;
    list.after += nanosToMicros(listNanosPerHour ?? nanosPerHour);
    for (const sum of [cash, most, effective]) sum.after += kind.microsPerHour;
  }
  const used = new Set([...coverage.nodes.values()].flatMap(({ by }) => by));
  const commitments = asked.book.commitments.filter(({ id }) => used.has(id));
  const isCostKnown = commitments.every(({ nanosPerHour }) => nanosPerHour !== null);
  return {
    list,
    effective: isEffectiveKnown ? effective : null,
    cashSaving: { low: cash.before - cash.after, high: most.before - most.after },
    committed: isCostKnown
      ? commitments.reduce((sum, { nanosPerHour }) => sum + nanosToMicros(nanosPerHour!), 0)
      : null,
  };
}
