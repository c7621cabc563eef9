import type { LabelSelector } from '@restow/model';
import { InputError, type Policy, type SnapshotNode } from '@restow/model';
import { matchesSelector } from '@restow/scheduling';

/** How far a node takes part in the plan. */
export interface NodeRole {
  /** Nothing leaves and nothing comes: unpriced, out of scope, on its way out, or the control plane. */
  readonly frozen: readonly string[];
  /** It stays even when it is empty, but pods may leave and come. */
  readonly kept: readonly string[];
}

export function nodeRole(node: SnapshotNode, priced: boolean, inScope: boolean, policy: Policy): NodeRole {
  const frozen: string[] = [];
  if (!priced) frozen.push('its price is not known');
  if (!inScope) frozen.push('it is outside the selected nodes');
  if (node.controlPlane) frozen.push('it is a control plane node');
  if (!node.ready) frozen.push('it is not ready');
  if (node.deleting) frozen.push('it is being deleted');
  const kept: string[] = [];
  if (node.doNotDisrupt !== null) kept.push(`it is annotated ${node.doNotDisrupt}`);
  if (node.owner === 'unknown' && !isOwnedByPolicy(node, policy)) {
    kept.push('its owner is unknown: it is drained at most, never deleted (policy ownedNodes)');
  }
  return { frozen, kept };
}

function isOwnedByPolicy(node: SnapshotNode, policy: Policy): boolean {
  return policy.ownedNodes.some((selector) => matchesSelector(parseLabelSelector(selector), node.labels));
}

/** kubectl's selector syntax: `a=b,c!=d,e,!f,g in (h,i),j notin (k)`. Throws InputError for anything else. */
export function parseLabelSelector(text: string): NonNullable<LabelSelector> {
  const matchExpressions: NonNullable<LabelSelector>['matchExpressions'][number][] = [];
  for (const part of text.split(/,(?![^(]*\))/)) {
    const clause = part.trim();
    if (clause === '') continue;
    const set = /^([\w./-]+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(clause);
    const equals = /^([\w./-]+)\s*(==|=|!=)\s*([\w.-]*)$/.exec(clause);
    const exists = /^(!?)\s*([\w./-]+)$/.exec(clause);
    if (set !== null) {
      const values = set[3]!.split(',').map((value) => value.trim());
      matchExpressions.push({ key: set[1]!, operator: set[2] === 'in' ? 'In' : 'NotIn', values });
    } else if (equals !== null) {
      matchExpressions.push({ key: equals[1]!, operator: equals[2] === '!=' ? 'NotIn' : 'In', values: [equals[3]!] });
    } else if (exists !== null) {
      matchExpressions.push({ key: exists[2]!, operator: exists[1] === '!' ? 'DoesNotExist' : 'Exists', values: [] });
    } else throw new InputError(`'${clause}' is not a label selector (expected key=value, key!=value, key or !key)`);
  }
  return { matchLabels: {}, matchExpressions };
}
