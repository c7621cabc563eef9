import type { NodeSelectorTerm, SchedulingSpec } from '@restow/model';
import { matchesExpression } from '../label-selector.ts';
import type { NodeRule, NodeView } from '../views.ts';

/** nodeSelector and required node affinity. Source: scheduler plugin NodeAffinity. */
export const nodeAffinity: NodeRule = {
  name: 'node-affinity',
  check(pod, node) {
    for (const [key, value] of Object.entries(pod.spec.nodeSelector)) {
      if (node.labels[key] !== value) return `nodeSelector wants ${key}=${value}`;
    }
    if (pod.spec.nodeAffinity === null || matchesAnyTerm(pod.spec.nodeAffinity, node)) return null;
    return `required node affinity does not match (${describeTerms(pod.spec.nodeAffinity)})`;
  },
};

export function matchesNodeAffinity(spec: SchedulingSpec, node: Pick<NodeView, 'name' | 'labels'>): boolean {
  for (const [key, value] of Object.entries(spec.nodeSelector)) if (node.labels[key] !== value) return false;
  return spec.nodeAffinity === null || matchesAnyTerm(spec.nodeAffinity, node);
}

/** Terms are joined by OR; a term without expressions matches nothing. */
export function matchesAnyTerm(terms: readonly NodeSelectorTerm[], node: Pick<NodeView, 'name' | 'labels'>): boolean {
  const fields = { 'metadata.name': node.name };
  return terms.some(
    (term) =>
      term.matchExpressions.length + term.matchFields.length > 0 &&
      term.matchExpressions.every((expression) => matchesExpression(expression, node.labels)) &&
      term.matchFields.every((expression) => matchesExpression(expression, fields)),
  );
}

/** For people: `zone In [a, b] or …`. */
export function describeTerms(terms: readonly NodeSelectorTerm[]): string {
  return terms
    .map((term) =>
      [...term.matchExpressions, ...term.matchFields]
        .map(({ key, operator, values }) => `${key} ${operator}${values.length === 0 ? '' : ` [${values.join(', ')}]`}`)
        .join(' and '),
    )
    .join(' or ');
}
