import type { Packing } from './packing.ts';

/** Candidates looked at for one launched slot. */
const CANDIDATES = 24;

/**
 * Puts the contents of launched nodes onto closed ones that exist and cost no more, where that keeps most pods where
 * they are: an assignment of contents to nodes, solved greedily by what the moves of the pods that stay would cost.
 */
export function reuseNodes(packing: Packing, stop: () => boolean): void {
  const { problem } = packing;
  const homesOf = new Map<number, { readonly node: number; readonly count: number }[]>();
  const closed = problem.nodes.filter(({ index }) => !packing.isOpen(index));
  for (const { index, homeClasses, homeCounts } of closed) {
    for (const [k, c] of homeClasses.entries()) {
      const home = { node: index, count: homeCounts[k]! };
      const homes = homesOf.get(c);
      if (homes === undefined) homesOf.set(c, [home]);
      else homes.push(home);
    }
  }
  const pairs: { slot: number; node: number; stay: number; saved: number }[] = [];
  /** By node, of one slot's pods: those that would stay, each as many times as its move is dearer than a move alone. */
  const stays = new Float64Array(problem.nodes.length);
  const weights = problem.classes.map((one) => 1 + one.awayMicrosPerHour / Math.max(1, problem.moveMicrosPerHour));
  for (let slot = problem.nodes.length; slot < packing.slots && !stop(); slot++) {
    if (!packing.isOpen(slot)) continue;
    const nodes: number[] = [];
    for (const [k, c] of packing.classes(slot).entries()) {
      const pods = packing.counts(slot)[k]!;
      for (const { node, count } of homesOf.get(c) ?? []) {
        if (stays[node] === 0) nodes.push(node);
        stays[node]! += weights[c]! * Math.min(pods, count);
      }
    }
    const price = packing.price(slot);
    const options = nodes
      .filter((node) => packing.price(node) <= price)
      .map((node) => ({ slot, node, stay: stays[node]!, saved: price - packing.price(node) }))
      .sort((a, b) => b.stay - a.stay || b.saved - a.saved || a.node - b.node);
    for (const node of nodes) stays[node] = 0;
    for (const option of options.slice(0, CANDIDATES)) pairs.push(option);
  }
  pairs.sort((a, b) => b.stay - a.stay || b.saved - a.saved || a.slot - b.slot || a.node - b.node);
  for (const { slot, node } of pairs) {
    if (stop()) return;
    if (packing.isOpen(slot) && !packing.isOpen(node)) transfer(packing, slot, node);
  }
  reuseForNothing(packing);
}

/** Even without a pod that stays, a node that exists is better than one that must be launched at the same price. */
function reuseForNothing(packing: Packing): void {
  const closed = packing.problem.nodes.filter(({ index }) => !packing.isOpen(index)).map(({ index }) => index);
  const byMachine = Map.groupBy(closed, (slot) => {
    const { node, microsPerHour } = packing.node(slot);
    return `${node.instanceType}|${node.zone}|${node.capacityType}|${microsPerHour}`;
  });
  for (let slot = packing.problem.nodes.length; slot < packing.slots; slot++) {
    if (!packing.isOpen(slot)) continue;
    const { offering, zone, microsPerHour } = packing.kind(slot);
    const alike = byMachine.get(`${offering.instanceType}|${zone}|${offering.capacityType}|${microsPerHour}`);
    for (const node of alike ?? []) if (!packing.isOpen(node) && transfer(packing, slot, node)) break;
  }
}

function transfer(packing: Packing, slot: number, node: number): boolean {
  const classes = [...packing.classes(slot)];
  const counts = [...packing.counts(slot)];
  packing.clear(slot);
  packing.close(slot);
  if (packing.mayOpenNode(node)) {
    packing.openNode(node);
    const complete = classes.every((c, k) => packing.tryAdd(node, c, counts[k]!) === counts[k]);
    if (complete && packing.coupling.isSound()) {
      packing.commit();
      return true;
    }
  }
  packing.rollback();
  return false;
}
