import type { SiteContent } from '../bound/moving-master.ts';
import type { MovingRelaxation } from '../bound/moving-relaxation.ts';
import type { Site } from '../bound/sites.ts';
import { numberOfPods } from '../problem/classes.ts';
import { fraction } from './dive.ts';
import { finish, launchAll } from './fresh.ts';
import type { Guide } from './guide.ts';
import type { Packing } from './packing.ts';
import type { Random } from './random.ts';

/** Share of the fractional contents that one step of the dive fixes. */
const DIVE_SHARE = 0.15;
const ROUNDS = 40;
const LEAST_FRACTION = 0.3;

/**
 * Packs with at most about so many moves: which existing nodes keep what, and what is launched, is read off the
 * relaxation by diving; what is left over then is placed greedily. Leaves the packing untouched and returns false when
 * something found no place or it was stopped.
 */
export function packPartly(
  packing: Packing,
  relaxation: MovingRelaxation,
  mostMoves: number,
  guide: Guide,
  random: Random,
  stop: () => boolean,
): boolean {
  const { problem } = packing;
  const fixed = dive(packing, relaxation, mostMoves, stop);
  const demand = Float64Array.from(problem.classes, ({ pods }) => pods.length);
  const contents = contentsByNode(relaxation, fixed);
  for (const { index } of problem.nodes) {
    if (!packing.isOpen(index)) continue;
    packing.clear(index);
    if (packing.isRemovable(index) && !contents.has(index)) packing.close(index);
  }
  for (const index of contents.keys()) {
    if (packing.isOpen(index)) continue;
    if (packing.mayOpenNode(index)) packing.openNode(index);
    else contents.delete(index);
  }
  layOut(packing, contents, demand);
  const patterns = fixed.flatMap(({ content: { site, classes, counts }, times }) =>
    site.kind === null ? [] : [{ kind: site.kind, classes, counts, times }],
  );
  const launched = launchAll(packing, patterns, demand);
  const kept = problem.nodes.filter(({ index }) => packing.isOpen(index)).map(({ index }) => index);
  return finish(packing, guide, demand, () => [...launched, ...kept], random, stop);
}

interface Fixed {
  readonly content: SiteContent;
  readonly times: number;
}

/** Whole numbers of contents, by rounding down and fixing some of the largest fractions, and solving again. */
function dive({ problem }: Packing, relaxation: MovingRelaxation, mostMoves: number, stop: () => boolean): Fixed[] {
  const demand = Float64Array.from(problem.classes, ({ pods }) => pods.length);
  let stays = numberOfPods(problem) - mostMoves;
  const left = new Map(relaxation.master.nodes.map((site) => [site, site.nodes.length]));
  const fixed: Fixed[] = [];
  const fix = (content: SiteContent, times: number): boolean => {
    const { site, classes, counts } = content;
    let possible = Math.min(times, left.get(site) ?? times);
    classes.forEach((c, k) => {
      possible = Math.min(possible, Math.floor(demand[c]! / counts[k]!));
    });
    if (possible <= 0) return false;
    classes.forEach((c, k) => {
      demand[c]! -= possible * counts[k]!;
    });
    stays -= possible * relaxation.master.staysOf(content);
    if (left.has(site)) left.set(site, left.get(site)! - possible);
    fixed.push({ content, times: possible });
    return true;
  };
  for (let round = 0; round < ROUNDS && !stop() && demand.some((count) => count > 0); round++) {
    const used = relaxation.master.solveFor(
      demand,
      stays,
      left,
      fixed.map(({ content, times }) => [content, times]),
    );
    if (used === null) break;
    const before = fixed.length;
    const order = used.toSorted(([, a], [, b]) => fraction(b) - fraction(a));
    for (const [content, times] of order) if (times >= 1 - 1e-6) fix(content, Math.floor(times + 1e-6));
    let toRound = Math.max(1, Math.ceil(order.length * DIVE_SHARE));
    for (const [content, times] of order) {
      if (toRound === 0) break;
      if (fraction(times) > LEAST_FRACTION && fix(content, 1)) toRound--;
    }
    if (fixed.length === before) break;
  }
  return fixed;
}

/** Contents are given to the nodes of their group in turn. */
function contentsByNode(relaxation: MovingRelaxation, fixed: readonly Fixed[]): Map<number, SiteContent> {
  const waiting = new Map<Site, number[]>(relaxation.master.nodes.map((site) => [site, [...site.nodes].reverse()]));
  const contents = new Map<number, SiteContent>();
  for (const { content, times } of fixed) {
    for (let n = 0; n < times; n++) {
      const node = waiting.get(content.site)?.pop();
      if (node !== undefined) contents.set(node, content);
    }
  }
  return contents;
}

/** What stays comes first, for it is there already; rules can ask for any order, so what is refused is tried again. */
function layOut(packing: Packing, contents: ReadonlyMap<number, SiteContent>, demand: Float64Array): void {
  const wanted: [slot: number, c: number, count: number][] = [];
  for (const [slot, { classes, staying }] of contents) {
    classes.forEach((c, k) => {
      if (staying[k]! > 0) wanted.push([slot, c, staying[k]!]);
    });
  }
  for (const [slot, { classes, counts, staying }] of contents) {
    classes.forEach((c, k) => {
      if (counts[k]! > staying[k]!) wanted.push([slot, c, counts[k]! - staying[k]!]);
    });
  }
  for (let isNews = true, left = wanted; isNews && left.length > 0; ) {
    isNews = false;
    for (const one of left) {
      const [slot, c, count] = one;
      const added = packing.tryAdd(slot, c, Math.min(count, demand[c]!));
      demand[c]! -= added;
      one[2] -= added;
      if (added > 0) isNews = true;
    }
    left = left.filter(([, c, count]) => count > 0 && demand[c]! > 0);
  }
}
