import type { Container } from '../bound/containers.ts';
import type { Content } from '../bound/held-by.ts';
import type { Relaxation } from '../bound/relax.ts';
import type { LpEngines } from '../lp/engines.ts';
import type { NodeKind, PodClass, Problem } from '../problem/problem.ts';
import { dive, type FixedPattern } from './dive.ts';
import type { Guide } from './guide.ts';
import type { Packing } from './packing.ts';
import type { Random } from './random.ts';
import { openForPending, pendingOf, placeInSlots } from './rebuild.ts';

/** What nodes to launch and what to put there, for so many pods of each class. */
export type Design = (demand: Float64Array) => readonly FixedPattern[];

/** What a dive makes of the patterns of the relaxation; prices are off by up to `noise`. */
export function divedDesign(
  problem: Problem,
  relaxation: Relaxation,
  engines: LpEngines,
  random: Random,
  noise: number,
  stop: () => boolean,
): Design {
  const varied = () => 1 + noise * random.next();
  return (demand) => dive(problem, relaxation, demand, { varied, engines, stop });
}

/** Contents that were found for containers; null: some are of nodes that exist. */
export function designOf(containers: readonly Container[], contents: readonly Content[]): Design | null {
  const patterns: FixedPattern[] = [];
  for (const { container, classes, counts, times } of contents) {
    const { kind } = containers[container]!;
    if (kind === null) return null;
    patterns.push({ kind, classes, counts, times });
  }
  return () => patterns;
}

/**
 * Packs everything afresh that may move and that a new node can hold: nodes that stay are filled first, then new ones as they are designed, in zones
 * that take it, then greedily. `isShared`: spreads are kept by
 * giving each domain its share, which packs better and may fail where keeping them at every step does not. Leaves the
 * packing untouched and returns false when something found no place or it was stopped.
 */
export function packAfresh(
  packing: Packing,
  guide: Guide,
  design: Design,
  random: Random,
  isShared: boolean,
  stop: () => boolean,
): boolean {
  const { problem } = packing;
  const homebound = guide.kinds.length === 0 ? NONE : classesWithoutKind(problem);
  const left = new Map<number, number>();
  for (let slot = 0; slot < problem.nodes.length; slot++) {
    if (!packing.isOpen(slot) || !packing.isRemovable(slot)) continue;
    for (const c of [...packing.classes(slot)]) {
      if (homebound.has(c)) continue;
      const count = packing.count(slot, c);
      left.set(c, (left.get(c) ?? 0) + count);
      packing.remove(slot, c, count);
    }
    if (packing.pods(slot) === 0) packing.close(slot);
  }
  const mobile = problem.classes.map(({ index }) => left.get(index) ?? 0);
  if (isShared) packing.coupling.shareOut(mobile);
  const staying = problem.nodes.filter(({ index }) => packing.isOpen(index)).map(({ index }) => index);
  const pending = pendingOf(left, guide.worth);
  placeInSlots(
    packing,
    pending,
    () => staying,
    () => false,
  );
  const demand = new Float64Array(problem.classes.length);
  pending.classes.forEach((c, k) => {
    demand[c] = pending.counts[k]!;
  });
  const launched = launchAll(packing, design(demand), demand);
  return finish(packing, guide, demand, () => launched, random, stop);
}

const NONE: ReadonlySet<number> = new Set();

/** Classes of which nothing that can be launched holds one. */
function classesWithoutKind({ classes, kinds, eligible }: Problem): ReadonlySet<number> {
  const usable = kinds.filter((kind) => kind.usable);
  const isHeld = ({ index, dims, amounts }: PodClass) =>
    usable.some(
      ({ shape, capacity }) => eligible[shape]![index] === 1 && dims.every((r, k) => amounts[k]! <= capacity[r]!),
    );
  return new Set(classes.flatMap((one) => (isHeld(one) ? [] : [one.index])));
}

/** Launches nodes with these contents, in zones that take them, and takes what came onto them off the demand. Their slots. */
export function launchAll(
  packing: Packing,
  contents: readonly FixedPattern[],
  demand: Float64Array,
): readonly number[] {
  const launched: number[] = [];
  const elsewhere = twinsOf(packing.problem);
  for (const { kind, classes, counts, times } of contents) {
    for (let n = 0; n < times; n++) {
      const chosen = mostWelcoming(packing, elsewhere[kind]!, classes, counts, launched.length);
      if (chosen === null) break;
      const slot = packing.launch(chosen);
      launched.push(slot);
      let added = 0;
      classes.forEach((c, k) => {
        const wanted = Math.min(counts[k]!, demand[c]!);
        const placed = packing.tryAdd(slot, c, wanted);
        demand[c]! -= placed;
        added += placed;
      });
      if (added === 0) packing.close(slot);
    }
  }
  return launched;
}

/** Finds places for what is left, in these slots and in nodes opened for it. Without one it takes everything back and returns false. */
export function finish(
  packing: Packing,
  guide: Guide,
  demand: Float64Array,
  roomy: () => Iterable<number>,
  random: Random,
  stop: () => boolean,
): boolean {
  const rest = pendingOf(
    [...demand].flatMap((count, c) => (count > 0 ? [[c, count] as const] : [])),
    guide.worth,
  );
  // What rules kept out of one node may find room that they left in another.
  placeInSlots(packing, rest, roomy, () => false);
  const closed = packing.problem.nodes.filter(({ index }) => !packing.isOpen(index)).map(({ index }) => index);
  const done = openForPending(packing, rest, guide, guide.kinds.length > 0 ? [] : closed, 0, random, 0, stop);
  packing.coupling.endShares();
  if (done !== null && packing.coupling.isSound()) {
    packing.commit();
    return true;
  }
  packing.rollback();
  return false;
}

/** By kind: those that are the same but for where they are, itself among them. */
function twinsOf({ kinds }: Problem): readonly (readonly NodeKind[])[] {
  const twins = Map.groupBy(kinds, (kind) => {
    const { microsPerHour, capacity, limitGroup, template, usable } = kind;
    return usable ? `${template.name}|${microsPerHour}|${limitGroup}|${capacity.join()}` : kind;
  });
  const byKind: (readonly NodeKind[])[] = [];
  for (const alike of twins.values()) for (const { index } of alike) byKind[index] = alike;
  return byKind;
}

/** Of kinds that are alike, the one into whose domains most of the pods may come; in turn where it is all the same. */
function mostWelcoming(
  packing: Packing,
  alike: readonly NodeKind[],
  classes: readonly number[],
  counts: readonly number[],
  turn: number,
): NodeKind | null {
  const { problem, coupling } = packing;
  let best: NodeKind | null = null;
  let mostWelcome = -1;
  for (let k = 0; k < alike.length; k++) {
    const kind = alike[(k + turn) % alike.length]!;
    if (!kind.usable || !packing.mayOpenKind(kind)) continue;
    const eligible = problem.eligible[kind.shape]!;
    if (classes.some((c) => eligible[c] !== 1)) continue;
    const domains = packing.domainsForLaunch(kind);
    const welcome = classes.reduce((sum, c, at) => {
      return problem.classes[c]!.coupled ? sum + Math.min(counts[at]!, coupling.mayAddTogether(c, domains)) : sum;
    }, 0);
    if (welcome <= mostWelcome) continue;
    best = kind;
    mostWelcome = welcome;
  }
  return best;
}
