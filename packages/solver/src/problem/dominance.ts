import type { NodeKind } from './problem.ts';

/** Leaves out kinds that another one of the same shape, domains and pool can always stand in for, at no higher price. */
export function dropDominated(
  kinds: readonly Omit<NodeKind, 'index'>[],
  eligible: readonly Uint8Array[],
): Omit<NodeKind, 'index'>[] {
  const kept: Omit<NodeKind, 'index'>[] = [];
  const frontiers = new Map<string, Omit<NodeKind, 'index'>[]>();
  for (const kind of kinds) {
    if (!eligible[kind.shape]!.includes(1)) continue;
    // Kinds come cheapest first, so whatever dominates this one has been seen.
    const key = `${kind.shape}|${kind.podCosts.interruptionsPerHour}|${kind.domains.join(',')}|${kind.limitGroup}|${kind.usable}`;
    let frontier = frontiers.get(key);
    if (frontier === undefined) {
      frontier = [];
      frontiers.set(key, frontier);
    }
    if (frontier.some(({ capacity }) => capacity.every((amount, r) => amount >= kind.capacity[r]!))) continue;
    frontier.push(kind);
    kept.push(kind);
  }
  return kept;
}
