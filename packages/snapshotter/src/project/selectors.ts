import {
  type Expression,
  LABEL,
  type LabelSelector,
  type NodeSelectorTerm,
  type OwnerReference,
  type Taint,
} from '@restow/model';
import type { RawExpression, RawLabelSelector, RawMetadata, RawNodeSelectorTerm } from '../kubernetes/common.ts';

const OPERATORS = new Set(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']);

/** Collects what the input says that restow does not know, so that the pod can be left alone for a reason. */
export type Unknowns = string[];

export function projectExpression(raw: RawExpression, unknowns: Unknowns): Expression {
  if (!OPERATORS.has(raw.operator)) unknowns.push(`selector operator ${raw.operator}`);
  return { key: raw.key, operator: raw.operator as Expression['operator'], values: raw.values ?? [] };
}

export function projectSelector(raw: RawLabelSelector | null | undefined, unknowns: Unknowns): LabelSelector {
  if (raw === null || raw === undefined) return null;
  return {
    matchLabels: raw.matchLabels ?? {},
    matchExpressions: (raw.matchExpressions ?? []).map((expression) => projectExpression(expression, unknowns)),
  };
}

export function projectNodeTerms(raw: readonly RawNodeSelectorTerm[], unknowns: Unknowns): NodeSelectorTerm[] {
  return raw.map((term) => ({
    matchExpressions: (term.matchExpressions ?? []).map((expression) => projectExpression(expression, unknowns)),
    matchFields: (term.matchFields ?? []).map((expression) => projectExpression(expression, unknowns)),
  }));
}

export function projectTaints(
  raw: readonly { key: string; value?: string | null | undefined; effect: string }[] | null | undefined,
): Taint[] {
  return (raw ?? []).map(({ key, value, effect }) => ({ key, value: value ?? '', effect }));
}

export function controllerOf(metadata: RawMetadata): OwnerReference | null {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return null;
  return { apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name, uid: owner.uid ?? '' };
}

/** The old beta labels count where the new ones are not set. */
export function labelOf(
  labels: Readonly<Record<string, string>>,
  ...keys: readonly (keyof typeof LABEL)[]
): string | null {
  for (const key of keys) {
    const value = labels[LABEL[key]];
    if (value !== undefined && value !== '') return value;
  }
  return null;
}
