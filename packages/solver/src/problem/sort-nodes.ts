import type { NodePool, Policy, PriceBook, SnapshotNode } from '@restow/model';
import { matchesSelector, type NodeView, nodeRole, parseLabelSelector } from '@restow/scheduling';
import type { NodePrices } from './coverage.ts';
import type { Reasons } from './problem.ts';

/** A node that takes part in the plan. */
export interface ActiveNode {
  readonly node: SnapshotNode;
  readonly view: NodeView;
  readonly microsPerHour: number;
  /** Why it stays even when it is empty; none: it may go. */
  readonly kept: Reasons;
}

export interface SortedNodes {
  readonly active: readonly ActiveNode[];
  /** Nothing leaves them and nothing comes. */
  readonly frozen: readonly SnapshotNode[];
  readonly frozenPrices: ReadonlyMap<string, number>;
  readonly unpriced: readonly string[];
  readonly nodeReasons: Map<string, Reasons>;
  /** Where the prices come from, and what that leaves open. */
  readonly notes: Set<string>;
}

export function sortNodes(
  nodes: readonly SnapshotNode[],
  nodePools: readonly NodePool[],
  views: ReadonlyMap<string, NodeView>,
  book: PriceBook,
  prices: NodePrices,
  policy: Policy,
): SortedNodes {
  const scope = parseLabelSelector(policy.nodes);
  const closedPools = new Set(nodePools.flatMap(({ name, closed }) => (closed ? [name] : [])));
  const active: ActiveNode[] = [];
  const frozen: SnapshotNode[] = [];
  const frozenPrices = new Map<string, number>();
  const unpriced: string[] = [];
  const nodeReasons = new Map<string, Reasons>();
  const notes = new Set<string>();
  for (const node of nodes) {
    const price = prices.priceOf(node);
    const role = nodeRole(node, price !== null, matchesSelector(scope, node.labels), policy, closedPools);
    const reasons = [...role.frozen, ...role.kept];
    if (reasons.length > 0) nodeReasons.set(node.name, reasons);
    if (price === null) unpriced.push(node.name);
    else notes.add(describeSource(book.sources[price.offering.source]!));
    if (price !== null && role.frozen.length === 0) {
      active.push({ node, view: views.get(node.name)!, microsPerHour: price.microsPerHour, kept: role.kept });
      continue;
    }
    frozen.push(node);
    if (price !== null) frozenPrices.set(node.name, price.microsPerHour);
  }
  if (unpriced.length > 0) {
    notes.add(
      `${unpriced.length} nodes have no price: give a price file, or assume a region's prices, to plan for them too`,
    );
  }
  return { active, frozen, frozenPrices, unpriced, nodeReasons, notes };
}

function describeSource({ name, asOf, assumed, stale }: PriceBook['sources'][number]): string {
  const source = name === 'file' ? 'the price file' : name;
  const age = asOf === null ? '' : `, of ${asOf}`;
  const doubt = assumed ? ": assumed, not this region's own" : stale === true ? ': it does not answer now' : '';
  return `prices from ${source}${age}${doubt}`;
}
