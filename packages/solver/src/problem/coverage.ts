import { compareText, type Policy, type PriceBook, type Snapshot, type SnapshotNode } from '@restow/model';
import { type Coverage, coverNodes, type NodePrice, type PriceLookup } from '@restow/pricing';
import { belongsToNode, matchesSelector, nodeRole, parseLabelSelector, stayReasons, worldOf } from '@restow/scheduling';

const NONE: Coverage = { nodes: new Map(), left: new Map() };

/** What nodes cost that exist. */
export interface NodePrices {
  priceOf(node: SnapshotNode): NodePrice | null;
}

/**
 * Which nodes the book's commitments pay for. They pay for so many machines, whichever these are: so the ones that stay
 * anyway come first, then those of which most would have to move, and what can be emptied easily is paid for last.
 */
export function coverageOf(snapshot: Snapshot, book: PriceBook, prices: PriceLookup, policy: Policy): Coverage {
  if (book.commitments.length === 0) return NONE;
  const reasons = stayReasons(snapshot, policy, worldOf(snapshot));
  const scope = parseLabelSelector(policy.nodes);
  const closedPools = new Set(snapshot.nodePools.flatMap(({ name, closed }) => (closed ? [name] : [])));
  const stays = new Set<string>();
  const requested = new Map<string, number>();
  for (const pod of snapshot.pods) {
    if (pod.node === null || belongsToNode(pod)) continue;
    if (reasons.has(`${pod.namespace}/${pod.name}`)) stays.add(pod.node);
    requested.set(pod.node, (requested.get(pod.node) ?? 0) + (pod.requests.cpu ?? 0));
  }
  for (const node of snapshot.nodes) {
    const { frozen, kept } = nodeRole(node, true, matchesSelector(scope, node.labels), policy, closedPools);
    if (frozen.length + kept.length > 0) stays.add(node.name);
  }
  const nodes = snapshot.nodes.toSorted(
    (one, other) =>
      Number(stays.has(other.name)) - Number(stays.has(one.name)) ||
      (requested.get(other.name) ?? 0) - (requested.get(one.name) ?? 0) ||
      compareText(one.name, other.name),
  );
  return coverNodes(nodes, book.commitments, prices);
}

/** The book's prices, but for nodes that commitments pay for: what the next invoice has less without them, at least. */
export function coveredPrices(prices: PriceLookup, { nodes }: Coverage): NodePrices {
  return {
    priceOf: (node) => {
      const price = prices.priceOf(node);
      const covered = nodes.get(node.name);
      return price === null || covered === undefined ? price : { ...price, microsPerHour: covered.cashMicrosPerHour };
    },
  };
}
