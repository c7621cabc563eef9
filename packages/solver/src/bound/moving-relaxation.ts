import { type LpEngines, type LpOptimum, solveOrNull } from '../lp/engines.ts';
import type { LpColumn, LpRow } from '../lp/port.ts';
import { numberOfPods } from '../problem/classes.ts';
import type { Problem } from '../problem/problem.ts';
import type { KnapsackAnswer } from './knapsack.ts';
import { fixedPrice } from './lagrangian.ts';
import { priceContainers } from './pricing.ts';
import type { Relaxation } from './relax.ts';
import { SCALE } from './scale.ts';
import { type Site, sitesOf } from './sites.ts';

/** Proven: a placement with m moves costs at least `micros − moveMicros × m`, its moves at their own price. */
export interface MovingBound {
  readonly micros: number;
  readonly moveMicros: number;
}

/** What of one site's content the relaxation uses, and how often. */
export interface SiteContent {
  readonly site: Site;
  /** Of the problem's classes: those that are there, and how many of them were there before. */
  readonly classes: readonly number[];
  readonly counts: readonly number[];
  readonly staying: readonly number[];
}

/** What one node of a known placement holds: an existing one, or one of a kind that is launched. */
export interface KnownContent {
  readonly node: number | null;
  readonly kind: number | null;
  readonly classes: readonly number[];
  readonly counts: readonly number[];
}

export interface MovingEffort {
  readonly rounds: number;
  /** Search nodes of one pricing problem: to find contents, and to prove that there is no better one. */
  readonly pricingBudget: number;
  readonly finalBudget: number;
  /** A round that makes it cheaper by less than this part is the last. */
  readonly leastGain: number;
}

/** Prices of pods and of moves; `rows`: of all rows, where they are a master's own. */
interface Prices {
  readonly duals: Float64Array;
  readonly moveMicros: number;
  readonly rows: ArrayLike<number> | null;
}

const SMOOTHING = 0.5;
/** From one budget of a pricing problem to the next. */
const STEP = 8;
const CONVERGED = 1e-3;
/** A stay that there is not costs so many times the dearest node: more than any saves. */
const MISSING = 4;
/** Allowance for floating point in a sum over classes and sites; the bound is rounded down by it. */
const ROUNDING = 1e-9;

/**
 * The linear program over contents of single nodes that knows which pods stay: a row for each class, for each group of
 * existing nodes with the same pods, and for the moves that there may be at most. It bounds what any placement with so
 * many moves costs, moves at their price included, and says which nodes are worth keeping with what. Column generation as
 * for the bound without moves, with a bound by Lagrangian relaxation of the rows of classes and moves at every step.
 */
export class MovingRelaxation {
  readonly bounds: MovingBound[] = [];
  /** All that may move. */
  readonly pods: number;
  readonly #problem: Problem;
  readonly #moveCosts: Float64Array;
  readonly #kinds: readonly Site[];
  readonly #nodes: readonly Site[];
  readonly #siteOfNode = new Map<number, Site>();
  readonly #rowOf = new Map<Site, number>();
  /** In the master's order; null: a stay that there is not, so that it has an answer whatever is asked. */
  readonly #columns: (SiteContent | null)[] = [null];
  readonly #seen = new Set<string>();
  readonly #master: ReturnType<LpEngines['master']>;
  #rhs: number[];
  #stability: { readonly duals: Float64Array; readonly moveMicros: number; readonly value: number };

  constructor(problem: Problem, { containers, patterns, duals }: Relaxation, engines: LpEngines) {
    this.#problem = problem;
    this.#moveCosts = Float64Array.from(problem.classes, (one) => problem.moveMicrosPerHour + one.awayMicrosPerHour);
    const sites = sitesOf(problem, containers);
    this.#kinds = sites.filter(({ kind }) => kind !== null);
    this.#nodes = sites.filter(({ kind }) => kind === null);
    this.pods = numberOfPods(problem);
    const { classes } = problem;
    for (const site of this.#nodes) {
      this.#rowOf.set(site, classes.length + 1 + this.#rowOf.size);
      for (const node of site.nodes) this.#siteOfNode.set(node, site);
    }
    this.#rhs = [...classes.map(({ pods }) => pods.length), 0, ...this.#nodes.map(({ nodes }) => nodes.length)];
    const rows = this.#rhs.map((rhs, row): LpRow => ({ sense: row <= classes.length ? '>=' : '<=', rhs }));
    const asTheyAre = this.#nodes.map((site): SiteContent => {
      const { homeClasses, homeCounts } = problem.nodes[site.nodes[0]!]!;
      const counts = [...homeCounts];
      return { site, classes: [...homeClasses], counts, staying: counts };
    });
    const siteOfKind = new Map(this.#kinds.map((site) => [site.kind, site]));
    const launched = patterns.flatMap(({ container, classes: own, counts }): SiteContent[] => {
      const site = siteOfKind.get(containers[container]!.kind);
      return site === undefined ? [] : [{ site, classes: own, counts, staying: counts.map(() => 0) }];
    });
    const missing = { cost: SCALE * MISSING * dearestOf(problem), rows: [classes.length], values: [1] };
    this.#master = engines.master(rows, [missing, ...this.#columnsOf([...asTheyAre, ...launched])]);
    this.#stability = { duals, moveMicros: 0, value: Number.NEGATIVE_INFINITY };
  }

  /** Adds what a known placement is made of. */
  learn(contents: Iterable<KnownContent>): void {
    const found: SiteContent[] = [];
    for (const { node, kind, classes, counts } of contents) {
      const site = node === null ? this.#cheapestFor(kind!, classes, counts) : this.#siteOfNode.get(node);
      if (site === undefined || classes.length === 0) continue;
      const home = node === null ? null : this.#problem.nodes[node]!;
      const staying = classes.map((c, k) => {
        const at = home === null ? -1 : home.homeClasses.indexOf(c);
        return at < 0 ? 0 : Math.min(counts[k]!, home!.homeCounts[at]!);
      });
      found.push({ site, classes: [...classes], counts: [...counts], staying });
    }
    this.#add(found);
  }

  /** Generates columns for at most so many moves. The optimum over those that are known by then; null: none was proven. */
  generate(mostMoves: number, effort: MovingEffort, stop: () => boolean): LpOptimum | null {
    if (stop()) return null;
    this.#limit(mostMoves);
    let optimum = solveOrNull(this.#master);
    this.#stability = { ...this.#stability, value: Number.NEGATIVE_INFINITY };
    let last = Number.POSITIVE_INFINITY;
    for (let round = 0; round < effort.rounds && optimum !== null && !stop(); round++) {
      const objective = optimum.objective / SCALE + this.#constant();
      if (objective - this.#stability.value <= CONVERGED * objective) break;
      if (effort.leastGain > 0 && last - objective < effort.leastGain * objective) break;
      last = objective;
      const { pricingBudget, finalBudget } = effort;
      const exact = { ...this.#dualsOf(optimum), rows: optimum.duals };
      const bound = this.#stability.value;
      const isFirst = bound === Number.NEGATIVE_INFINITY;
      const from = (prices: Prices, most: number) =>
        this.#addImproving(this.#price(prices, mostMoves, pricingBudget, most, stop), optimum!);
      // Smoothed prices bound better, and the master's own lead on: a proof needs both.
      const isSmoothFound = !isFirst && from(this.#smooth(exact), pricingBudget);
      const isProof = finalBudget > pricingBudget;
      const found =
        ((isProof || !isSmoothFound) && from(exact, pricingBudget)) ||
        isSmoothFound ||
        (isProof && from(exact, finalBudget));
      if (found) optimum = solveOrNull(this.#master) ?? optimum;
      else if (this.#stability.value <= bound) break;
    }
    return optimum;
  }

  /** What one move more is worth where there is this optimum, besides its own price. */
  moveMicrosOf(optimum: LpOptimum): number {
    return this.#dualsOf(optimum).moveMicros;
  }

  /** The contents that there are with these many pods, stays and nodes still to be covered, and how many of each. */
  solveFor(
    demand: ArrayLike<number>,
    stays: number,
    left: ReadonlyMap<Site, number>,
  ): readonly (readonly [SiteContent, number])[] | null {
    const rhs = [...Array.from(demand), Math.max(0, stays), ...this.#nodes.map((site) => left.get(site) ?? 0)];
    this.#master.setRightHandSides(rhs);
    const optimum = solveOrNull(this.#master);
    this.#master.setRightHandSides(this.#rhs);
    if (optimum === null) return null;
    return this.#columns.flatMap((column, j) =>
      column !== null && optimum.primal[j]! > 1e-6 ? [[column, optimum.primal[j]!] as const] : [],
    );
  }

  get nodes(): readonly Site[] {
    return this.#nodes;
  }

  close(): void {
    this.#master.close();
  }

  #limit(mostMoves: number): void {
    const { length } = this.#problem.classes;
    this.#rhs = this.#rhs.map((rhs, row) => (row === length ? Math.max(0, this.pods - mostMoves) : rhs));
    this.#master.setRightHandSides(this.#rhs);
  }

  #smooth({ duals, moveMicros }: Prices): Prices {
    const best = this.#stability;
    const between = (one: number, other: number) => SMOOTHING * one + (1 - SMOOTHING) * other;
    return {
      duals: duals.map((dual, c) => between(best.duals[c]!, dual)),
      moveMicros: between(best.moveMicros, moveMicros),
      rows: null,
    };
  }

  /** What is paid in any case if all pods moved. */
  #constant(): number {
    return (
      fixedPrice(this.#problem) +
      this.#problem.classes.reduce((sum, { index, pods }) => sum + this.#moveCosts[index]! * pods.length, 0)
    );
  }

  #dualsOf({ duals }: LpOptimum): { readonly duals: Float64Array; readonly moveMicros: number } {
    const of = (row: number) => Math.max(0, duals[row]!) / SCALE;
    return {
      duals: Float64Array.from(this.#problem.classes, ({ index }) => of(index)),
      moveMicros: of(this.#problem.classes.length),
    };
  }

  /** The best content of every site at these prices, and a bound from what each can be worth at most. */
  #price(
    { duals, moveMicros, rows }: Prices,
    mostMoves: number,
    budget: number,
    most: number,
    stop: () => boolean,
  ): SiteContent[] {
    const { classes } = this.#problem;
    const profits = new Float64Array(2 * classes.length);
    profits.set(duals);
    const ofKinds = priceContainers(
      this.#kinds.map(({ knapsack }) => knapsack),
      profits,
      budget,
      most,
      stop,
    );
    // What can be launched without limit may not be worth more than it costs (Farley 1990).
    let worthPerPrice = 1;
    this.#kinds.forEach(({ microsPerHour }, k) => {
      const { upper } = ofKinds[k]!;
      if (upper > 0)
        worthPerPrice = Math.max(worthPerPrice, microsPerHour > 0 ? upper / microsPerHour : Number.POSITIVE_INFINITY);
    });
    const scaled = duals.map((dual) => dual / worthPerPrice);
    scaled.forEach((dual, c) => {
      profits[c] = dual;
      profits[classes.length + c] = dual + this.#moveCosts[c]! + moveMicros;
    });
    const ofNodes = this.#priceNodes(profits, budget, most, rows, stop);
    let total = 0;
    for (const { index, pods } of classes) total += profits[classes.length + index]! * pods.length;
    let above = 0;
    this.#nodes.forEach(({ microsPerHour, nodes }, k) => {
      above += nodes.length * Math.max(0, ofNodes[k]!.upper - microsPerHour);
    });
    const micros = fixedPrice(this.#problem) + total - above - ROUNDING * (Math.abs(total) + above);
    this.bounds.push({ micros, moveMicros });
    const value = micros - moveMicros * mostMoves;
    if (value > this.#stability.value) this.#stability = { duals: scaled, moveMicros, value };
    return [...this.#contentsOf(this.#kinds, ofKinds), ...this.#contentsOf(this.#nodes, ofNodes)];
  }

  /** Where the prices are a master's own, what is no better than what it has is not looked for. */
  #priceNodes(
    profits: ArrayLike<number>,
    budget: number,
    most: number,
    rowDuals: ArrayLike<number> | null,
    stop: () => boolean,
  ): KnapsackAnswer[] {
    return this.#nodes.map((site) => {
      const { knapsack, microsPerHour } = site;
      const known = rowDuals === null ? 0 : Math.max(0, -rowDuals[this.#rowOf.get(site)!]!) / SCALE;
      const enough = microsPerHour + known;
      let answer = knapsack.solve(profits, budget, enough);
      for (let spent = STEP * budget; spent <= most && !stop(); spent *= STEP) {
        if (answer.upper <= enough || answer.upper <= answer.value * (1 + 1e-9)) break;
        answer = knapsack.solve(profits, spent, enough);
      }
      return answer;
    });
  }

  #contentsOf(sites: readonly Site[], answers: readonly KnapsackAnswer[]): SiteContent[] {
    const { length } = this.#problem.classes;
    return sites.map((site, k) => {
      const counts = new Map<number, { count: number; staying: number }>();
      answers[k]!.classes.forEach((one, at) => {
        const c = one % length;
        const known = counts.get(c) ?? { count: 0, staying: 0 };
        known.count += answers[k]!.counts[at]!;
        if (one >= length) known.staying += answers[k]!.counts[at]!;
        counts.set(c, known);
      });
      const all = [...counts.values()];
      return {
        site,
        classes: [...counts.keys()],
        counts: all.map(({ count }) => count),
        staying: all.map(({ staying }) => staying),
      };
    });
  }

  #addImproving(contents: readonly SiteContent[], optimum: LpOptimum): boolean {
    return this.#add(contents.filter((content) => this.#improves(content, optimum)));
  }

  #add(contents: readonly SiteContent[]): boolean {
    const columns = this.#columnsOf(contents);
    if (columns.length > 0) this.#master.add(columns);
    return columns.length > 0;
  }

  #improves(content: SiteContent, optimum: LpOptimum): boolean {
    const { cost, rows, values } = this.#lpColumn(content);
    const worth = rows.reduce((sum, row, k) => sum + optimum.duals[row]! * values[k]!, 0);
    return worth > cost + 1e-7 * Math.max(1, Math.abs(cost));
  }

  #columnsOf(contents: readonly SiteContent[]): LpColumn[] {
    const columns: LpColumn[] = [];
    for (const content of contents) {
      const { site, classes, counts, staying } = content;
      if (classes.length === 0) continue;
      const key = `${site.kind ?? `node ${site.nodes[0]}`}:${classes
        .map((c, k) => `${c}*${counts[k]}-${staying[k]}`)
        .sort()
        .join()}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.#columns.push(content);
      columns.push(this.#lpColumn(content));
    }
    return columns;
  }

  #lpColumn({ site, classes, counts, staying }: SiteContent): LpColumn {
    const rows = [...classes];
    const values = [...counts];
    let cost = site.microsPerHour;
    let stays = 0;
    classes.forEach((c, k) => {
      stays += staying[k]!;
      cost -= staying[k]! * this.#moveCosts[c]!;
    });
    if (stays > 0) {
      rows.push(this.#problem.classes.length);
      values.push(stays);
    }
    const row = this.#rowOf.get(site);
    if (row !== undefined) {
      rows.push(row);
      values.push(1);
    }
    return { cost: cost * SCALE, rows, values };
  }

  /** The cheapest kind that holds it: of those that are alike only one is here. */
  #cheapestFor(kind: number, classes: readonly number[], counts: readonly number[]): Site | undefined {
    const own = this.#kinds.find((site) => site.kind === kind);
    if (own !== undefined) return own;
    const { boundResources, classes: all } = this.#problem;
    const asked = new Float64Array(boundResources.length);
    classes.forEach((c, k) => {
      const { dims, amounts } = all[c]!;
      for (let d = 0; d < dims.length; d++) asked[dims[d]!]! += counts[k]! * amounts[d]!;
    });
    return this.#kinds.find(({ knapsack: { container } }) => {
      const { capacity, most } = container;
      return (
        classes.every((c, k) => counts[k]! <= most[c]!) &&
        asked.every((amount, r) => !boundResources[r] || amount <= capacity[r]!)
      );
    });
  }
}

function dearestOf({ nodes, kinds }: Problem): number {
  return [...nodes, ...kinds].reduce((most, { microsPerHour }) => Math.max(most, microsPerHour), 0);
}

/** What a placement with at most so many moves costs at least; null: nothing is proven. */
export function boundWithin(bounds: readonly MovingBound[], mostMoves: number): number {
  let best = 0;
  for (const { micros, moveMicros } of bounds) best = Math.max(best, micros - moveMicros * mostMoves);
  return best;
}
