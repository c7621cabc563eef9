import { seededRandom } from '@restow/model';
import type { LpEngines } from '../lp/engines.ts';
import type { Bounded } from './bounded.ts';
import { generateColumns, type RelaxationEffort } from './column-generation.ts';
import type { Container } from './containers.ts';
import type { Covering } from './covering.ts';
import { Knapsack } from './knapsack.ts';
import { firstPatterns, type Pattern } from './patterns.ts';
import { type BoundRow, type Prices, worthByContainer } from './rows.ts';

/** Patterns of more classes than this are found part by part: what a round takes grows faster than their number. */
export const MOST_AT_ONCE = 200;
/** With more classes than this one master takes too long beside the search too, and the compact relaxation is the bound. */
export const MOST_TOGETHER = 1_000;
/** Classes of one part. */
const PART = 80;
const SEED = 1;
/** Search nodes of one pricing problem: enough to find a good pattern, and nothing is to be proven here. */
const PRICING = 150;
/** A container that, filled at the prices of the relaxation, is worth less than this part of its price is of little use. */
const PROMISING = 0.95;

/** The more parts, the less is done for each, but for the least that is of use. */
function effortOfPart({ rounds, variations, work }: RelaxationEffort, parts: number): RelaxationEffort {
  const share = (all: number, least: number) => Math.max(least, Math.floor(all / parts));
  return {
    rounds: share(rounds, 6),
    variations: share(2 * variations, 30),
    pricingBudget: PRICING,
    finalBudget: PRICING,
    work: share(work, 5e5),
  };
}

/**
 * Patterns of many classes, part by part, from prices by class: parts are drawn at random, so each is a small cluster like
 * the whole, and nearly as well packed by itself. Only what can be launched takes part, and nothing is proven.
 */
export function patternsInParts(
  { problem, containers, rows }: Covering,
  prices: Prices,
  engines: LpEngines,
  effort: RelaxationEffort,
  stop: () => boolean,
): readonly Pattern[] {
  const worthIn = worthByContainer(rows, prices);
  const launchable = containers.flatMap(({ count }, k) => (Number.isFinite(count) ? [] : [k]));
  const patterns: Pattern[] = [];
  const parts = partsOf(problem, containers, launchable);
  const share = effortOfPart(effort, parts.length);
  for (const classes of parts) {
    if (stop()) break;
    const part: Bounded = {
      ...problem,
      frozenMicrosPerHour: 0,
      nodes: [],
      classes: classes.map((c, index) => ({ ...problem.classes[c]!, index })),
    };
    const used = launchable.filter((k) => classes.some((c) => containers[k]!.most[c]! > 0));
    const all = used.map((k) => {
      const container = { ...containers[k]!, most: containers[k]!.most.filter(among(classes)) };
      const worth = worthIn(k).filter(among(classes));
      return { k, container, worth, knapsack: new Knapsack(container, part.classes, part.boundResources) };
    });
    const promising = worthTrying(all, part, share.pricingBudget);
    const own: Covering = {
      problem: part,
      containers: promising.map(({ container }) => container),
      knapsacks: promising.map(({ knapsack }) => knapsack),
      rows: rows.map((row) => partOfRow(row, problem, classes, promising, parts.length)),
    };
    const begin = { duals: prices.duals.filter(among(classes)), rowDuals: prices.rowDuals };
    const uppers = new Float64Array(promising.length).fill(Number.POSITIVE_INFINITY);
    const first = firstPatterns(own, begin, share, stop);
    const found = generateColumns(own, { ...begin, bound: 0, uppers, patterns: first }, engines, share, stop);
    for (const { container, classes: local, counts } of found.patterns) {
      patterns.push({ container: promising[container]!.k, classes: local.map((index) => classes[index]!), counts });
    }
  }
  return patterns;
}

/** What a row lets these classes be in these containers: its part of what it lets all of them be. */
function partOfRow(
  { most, place, classes: counted, containers, ofContainer }: BoundRow,
  { classes }: Pick<Bounded, 'classes'>,
  members: readonly number[],
  used: readonly { readonly k: number }[],
  parts: number,
): BoundRow {
  const podsOf = (some: readonly number[]) => some.reduce((sum, c) => sum + classes[c]!.pods.length, 0);
  const own = counted.filter((c) => members.includes(c));
  const there = new Set(containers);
  return {
    most: counted.length > 0 ? (most * podsOf(own)) / podsOf(counted) : most / parts,
    place,
    classes: own.map((c) => members.indexOf(c)),
    containers: [...used.keys()].filter((at) => there.has(used[at]!.k)),
    ofContainer: new Map(
      used.flatMap(({ k }, at) => {
        const value = ofContainer.get(k);
        return value === undefined ? [] : [[at, value] as const];
      }),
    ),
  };
}

/** What is nearly worth its price when filled, and for each class what holds it cheapest alone, so that nothing is left out. */
function worthTrying<
  One extends { readonly container: Container; readonly knapsack: Knapsack; readonly worth: Float64Array },
>(all: readonly One[], { classes }: Bounded, budget: number): readonly One[] {
  const kept = new Set(
    all.filter(
      ({ container, knapsack, worth }) => knapsack.solve(worth, budget).value >= PROMISING * container.microsPerHour,
    ),
  );
  for (const { index } of classes) {
    let cheapest: One | null = null;
    const alone = ({ container: { microsPerHour, most } }: One) => microsPerHour / most[index]!;
    for (const one of all) {
      if (one.container.most[index]! > 0 && (cheapest === null || alone(one) < alone(cheapest))) cheapest = one;
    }
    if (cheapest !== null) kept.add(cheapest);
  }
  return all.filter((one) => kept.has(one));
}

/** Each class that fits somewhere new is in one part; within a part in their order. */
function partsOf({ classes }: Bounded, containers: readonly Container[], launchable: readonly number[]): number[][] {
  const random = seededRandom(SEED);
  const fitting = classes.filter(({ index }) => launchable.some((k) => containers[k]!.most[index]! > 0));
  const shuffled = fitting
    .map(({ index }) => ({ index, at: random() }))
    .sort((a, b) => a.at - b.at || a.index - b.index);
  const parts = Math.ceil(shuffled.length / PART);
  return Array.from({ length: parts }, (_, part) =>
    shuffled
      .filter((_one, position) => position % parts === part)
      .map(({ index }) => index)
      .sort((a, b) => a - b),
  );
}

function among(classes: readonly number[]): (value: number, index: number) => boolean {
  const chosen = new Set(classes);
  return (_, index) => chosen.has(index);
}
