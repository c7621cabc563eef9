import { type LpEngines, solveOrNull } from '../lp/engines.ts';
import type { LpColumn, LpRow } from '../lp/port.ts';
import { priceOfMove } from '../moving/price-of-move.ts';
import { numberOfPods } from '../problem/classes.ts';
import type { Problem } from '../problem/problem.ts';
import { fixedPrice } from './lagrangian.ts';
import { type BoundRow, type Prices, pricesOf, RowIndex, slackColumns } from './rows.ts';
import { SCALE } from './scale.ts';
import type { Site } from './sites.ts';

/** A content of one site. */
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

/** The cheapest mixture of the contents that are known, and what it makes pods and moves worth, micros per hour. */
export interface MovingOptimum extends Prices {
  readonly objective: number;
  /** One move more, besides its own price. */
  readonly moveMicros: number;
  /** Of all rows, as the engine says them. */
  readonly rows: Float64Array;
}

/** A stay that there is not costs so many times the dearest node: more than any saves. */
const MISSING = 4;

/**
 * Fractions of contents of sites: a row for each class, one for the stays that there must be, one for each group of existing
 * nodes, and one for each rule between nodes.
 */
export class MovingMaster {
  /** By class: what moving one costs, micros an hour over the horizon. */
  readonly moveCosts: Float64Array;
  /** Groups of existing nodes. */
  readonly nodes: readonly Site[];
  readonly #problem: Problem;
  readonly #kinds: readonly Site[];
  readonly #siteOfNode = new Map<number, Site>();
  readonly #rowOf = new Map<Site, number>();
  readonly #rules: readonly BoundRow[];
  readonly #rowIndex: RowIndex;
  readonly #indexOf: ReadonlyMap<Site, number>;
  readonly #firstRule: number;
  /** In the order of the program; null: a stay that there is not, or a rule that is broken, so that it has an answer whatever is asked. */
  readonly #columns: (SiteContent | null)[];
  readonly #seen = new Set<string>();
  readonly #lp: ReturnType<LpEngines['master']>;
  #rhs: number[];

  /** `rules`: over what the sites hold. */
  constructor(
    problem: Problem,
    sites: readonly Site[],
    rules: readonly BoundRow[],
    launched: readonly SiteContent[],
    engines: LpEngines,
  ) {
    const { classes } = problem;
    this.#problem = problem;
    this.#rules = rules;
    this.#rowIndex = new RowIndex(rules, sites.length);
    this.#indexOf = new Map(sites.map((site, index) => [site, index]));
    this.moveCosts = Float64Array.from(classes, (one) => priceOfMove(one, problem.moveMicrosPerHour));
    this.#kinds = sites.filter(({ kind }) => kind !== null);
    this.nodes = sites.filter(({ kind }) => kind === null);
    for (const site of this.nodes) {
      this.#rowOf.set(site, classes.length + 1 + this.#rowOf.size);
      for (const node of site.nodes) this.#siteOfNode.set(node, site);
    }
    this.#firstRule = classes.length + 1 + this.nodes.length;
    this.#rhs = [
      ...classes.map(({ pods }) => pods.length),
      0,
      ...this.nodes.map(({ nodes }) => nodes.length),
      ...this.rulesLeft(),
    ];
    const rows = this.#rhs.map((rhs, row): LpRow => ({ sense: row <= classes.length ? '>=' : '<=', rhs }));
    const asTheyAre = this.nodes.map((site): SiteContent => {
      const { homeClasses, homeCounts } = problem.nodes[site.nodes[0]!]!;
      const counts = [...homeCounts];
      return { site, classes: [...homeClasses], counts, staying: counts };
    });
    const missing = { cost: SCALE * MISSING * dearestOf(problem), rows: [classes.length], values: [1] };
    // Where nodes are wanted whatever they hold.
    const empty = this.#rowIndex.wanted.map(
      (index): SiteContent => ({ site: sites[index]!, classes: [], counts: [], staying: [] }),
    );
    this.#columns = [null, ...rules.map(() => null), ...empty];
    this.#lp = engines.master(rows, [
      missing,
      ...slackColumns(rules, sites, this.#firstRule),
      ...empty.map((content) => this.#lpColumn(content)),
      ...this.#columnsOf([...asTheyAre, ...launched]),
    ]);
  }

  /** What each rule lets be, less what `contents` are already. */
  rulesLeft(contents: Iterable<readonly [SiteContent, number]> = []): number[] {
    const left = this.#rules.map(({ most }) => most);
    for (const [content, times] of contents)
      for (const [r, value] of this.#countedOf(content)) left[r]! -= times * value;
    return left;
  }

  #countedOf({ site, classes, counts }: SiteContent): ReadonlyMap<number, number> {
    return this.#rowIndex.of({ container: this.#indexOf.get(site)!, classes, counts });
  }

  /** From here on at most so many moves. */
  limit(mostMoves: number): void {
    const { length } = this.#problem.classes;
    const stays = Math.max(0, numberOfPods(this.#problem) - mostMoves);
    this.#rhs = this.#rhs.map((rhs, row) => (row === length ? stays : rhs));
    this.#lp.setRightHandSides(this.#rhs);
  }

  /** How many stay that could be moved. */
  staysOf({ classes, staying }: Pick<SiteContent, 'classes' | 'staying'>): number {
    return classes.reduce((sum, c, k) => sum + (this.#problem.classes[c]!.isPending ? 0 : staying[k]!), 0);
  }

  /** What it is worth that one of a class stays, with each move at its own price and so much more. */
  worthOfStay(c: number, moveMicros: number): number {
    return this.moveCosts[c]! + (this.#problem.classes[c]!.isPending ? 0 : moveMicros);
  }

  /** null: no engine has proven an answer. */
  solve(): MovingOptimum | null {
    const optimum = solveOrNull(this.#lp);
    if (optimum === null) return null;
    const { classes } = this.#problem;
    return {
      objective: optimum.objective / SCALE + this.#costOfAll(),
      ...pricesOf(optimum.duals, classes.length, this.#rules, this.#firstRule),
      moveMicros: Math.max(0, optimum.duals[classes.length]!) / SCALE,
      rows: optimum.duals,
    };
  }

  /** What one node more of a group would be worth at these prices of all rows. */
  worthOfSite(site: Site, rows: ArrayLike<number>): number {
    return Math.max(0, -rows[this.#rowOf.get(site)!]!) / SCALE;
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

  /** The contents that there are with these many pods, stays and nodes still to be covered besides what is `fixed`, and how many of each. */
  solveFor(
    demand: ArrayLike<number>,
    stays: number,
    left: ReadonlyMap<Site, number>,
    fixed: Iterable<readonly [SiteContent, number]>,
  ): readonly (readonly [SiteContent, number])[] | null {
    const rhs = [
      ...Array.from(demand),
      Math.max(0, stays),
      ...this.nodes.map((site) => left.get(site) ?? 0),
      ...this.rulesLeft(fixed),
    ];
    this.#lp.setRightHandSides(rhs);
    const optimum = solveOrNull(this.#lp);
    this.#lp.setRightHandSides(this.#rhs);
    if (optimum === null) return null;
    return this.#columns.flatMap((column, j) =>
      column !== null && optimum.primal[j]! > 1e-6 ? [[column, optimum.primal[j]!] as const] : [],
    );
  }

  /** Adds those that are new and make it cheaper; false when there is none. */
  addImproving(contents: readonly SiteContent[], optimum: Pick<MovingOptimum, 'rows'>): boolean {
    return this.#add(contents.filter((content) => this.#improves(content, optimum)));
  }

  close(): void {
    this.#lp.close();
  }

  /** What is paid in any case, and for moving everything: what stays takes its part off. */
  #costOfAll(): number {
    return (
      fixedPrice(this.#problem) +
      this.#problem.classes.reduce((sum, { index, pods }) => sum + this.moveCosts[index]! * pods.length, 0)
    );
  }

  #add(contents: readonly SiteContent[]): boolean {
    const columns = this.#columnsOf(contents);
    if (columns.length > 0) this.#lp.add(columns);
    return columns.length > 0;
  }

  #improves(content: SiteContent, { rows: duals }: Pick<MovingOptimum, 'rows'>): boolean {
    const { cost, rows, values } = this.#lpColumn(content);
    const worth = rows.reduce((sum, row, k) => sum + duals[row]! * values[k]!, 0);
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

  #lpColumn(content: SiteContent): LpColumn {
    const { site, classes, counts, staying } = content;
    const rows = [...classes];
    const values = [...counts];
    let cost = site.microsPerHour;
    classes.forEach((c, k) => {
      cost += counts[k]! * (site.podMicrosPerHour?.[c] ?? 0);
      cost -= staying[k]! * this.moveCosts[c]!;
    });
    const stays = this.staysOf({ classes, staying });
    if (stays > 0) {
      rows.push(this.#problem.classes.length);
      values.push(stays);
    }
    const row = this.#rowOf.get(site);
    if (row !== undefined) {
      rows.push(row);
      values.push(1);
    }
    for (const [r, value] of this.#countedOf(content)) {
      rows.push(this.#firstRule + r);
      values.push(value);
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
