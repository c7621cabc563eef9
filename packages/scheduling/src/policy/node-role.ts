import type { Policy, SnapshotNode } from '@restow/model';
import { matchesSelector, parseLabelSelector } from '../label-selector.ts';

/** How far a node takes part in the plan. */
export interface NodeRole {
  /** Nothing leaves and nothing comes: unpriced, out of scope, on its way out, or the control plane. */
  readonly frozen: readonly string[];
  /** It stays even when it is empty, but pods may leave and come. */
  readonly kept: readonly string[];
}

/** `closedPools`: NodePools of which no node may go. */
export function nodeRole(
  node: SnapshotNode,
  priced: boolean,
  inScope: boolean,
  policy: Policy,
  closedPools: ReadonlySet<string>,
): NodeRole {
  const frozen: string[] = [];
  if (!priced) frozen.push('its price is not known');
  if (!inScope) frozen.push('it is outside the selected nodes');
  if (node.controlPlane) frozen.push('it is a control plane node');
  if (!node.ready) frozen.push('it is not ready');
  for (const text of policy.neverTouch.nodes) {
    if (matchesSelector(parseLabelSelector(text), node.labels)) frozen.push(`policy never touches nodes with ${text}`);
  }
  if (node.deleting) frozen.push('it is being deleted');
  const kept: string[] = [];
  if (node.doNotDisrupt !== null) kept.push(`it is annotated ${node.doNotDisrupt}`);
  if (node.owner === 'karpenter' && closedPools.has(node.group ?? '')) {
    kept.push(`the disruption budgets of NodePool ${node.group} allow no node to go`);
  }
  if (node.owner === 'unknown' && !isOwnedByPolicy(node, policy)) {
    kept.push('its owner is unknown: it is drained at most, never deleted (policy ownedNodes)');
  }
  return { frozen, kept };
}

function isOwnedByPolicy(node: SnapshotNode, policy: Policy): boolean {
  return policy.ownedNodes.some((selector) => matchesSelector(parseLabelSelector(selector), node.labels));
}
