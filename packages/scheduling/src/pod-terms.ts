import { canonicalJson, type LabelSelector, type PodAffinityTerm, type SpreadConstraint } from '@restow/model';
import { matchesSelector, narrowSelector } from './label-selector.ts';
import { labelsKey } from './pod-profile.ts';
import type { PodView, World } from './views.ts';

/** Which pods a rule counts, resolved against the pod that carries the rule. Equal keys count the same pods. */
export interface PodTerm {
  readonly key: string;
  /** A label that all of them have, `key=value`; null: none is known. */
  readonly hint: string | null;
  matches(pod: PodView): boolean;
}

interface ResolvedTerm {
  /** null: every namespace. */
  readonly namespaces: readonly string[] | null;
  readonly selector: LabelSelector;
}

/**
 * The pods that one affinity or anti-affinity term of `pod` speaks of. A namespace selector over namespaces that are not
 * in the input cannot be resolved: `isResolvable` says so beforehand.
 */
export function affinityTerm(term: PodAffinityTerm, pod: PodView, world: World): PodTerm {
  const { namespaceSelector, matchLabelKeys, mismatchLabelKeys } = term;
  // Namespaces differ from one cluster to the other.
  if (namespaceSelector !== null && !isEmpty(namespaceSelector)) return toPodTerm(resolve(term, pod, world));
  const isOwn = matchLabelKeys.length + mismatchLabelKeys.length > 0;
  return kept(term, pod, isOwn, () => toPodTerm(resolve(term, pod, world)));
}

/** The pods that match every one of the terms: what the scheduler counts for required pod affinity. */
export function allTerms(terms: readonly PodTerm[]): PodTerm {
  return {
    key: terms.map((term) => term.key).join('&'),
    hint: terms.find(({ hint }) => hint !== null)?.hint ?? null,
    matches: (pod) => terms.every((term) => term.matches(pod)),
  };
}

/** The pods that a spread constraint of `pod` counts; unlike affinity it leaves out those that are terminating. */
export function spreadTerm(constraint: SpreadConstraint, pod: PodView): PodTerm {
  return kept(constraint, pod, constraint.matchLabelKeys.length > 0, () => {
    const term = toPodTerm({
      namespaces: [pod.namespace],
      selector: narrowSelector(constraint.selector, pod.labels, constraint.matchLabelKeys, []),
    });
    return { ...term, key: `running ${term.key}`, matches: (other) => !other.terminating && term.matches(other) };
  });
}

const KEPT = new WeakMap<PodAffinityTerm | SpreadConstraint, Map<string, PodTerm>>();

/** Rules are asked about millions of times: a term is worked out once for each namespace, and labels where those count. */
function kept(rule: PodAffinityTerm | SpreadConstraint, pod: PodView, isOwn: boolean, make: () => PodTerm): PodTerm {
  let terms = KEPT.get(rule);
  if (terms === undefined) {
    terms = new Map();
    KEPT.set(rule, terms);
  }
  const key = isOwn ? `${pod.namespace}\n${labelsKey(pod.labels)}` : pod.namespace;
  let term = terms.get(key);
  if (term === undefined) {
    term = make();
    terms.set(key, term);
  }
  return term;
}

export function isResolvable(term: PodAffinityTerm, world: World): boolean {
  const { namespaceSelector } = term;
  return namespaceSelector === null || isEmpty(namespaceSelector) || world.namespaces !== null;
}

function resolve(term: PodAffinityTerm, pod: PodView, world: World): ResolvedTerm {
  const selector = narrowSelector(term.selector, pod.labels, term.matchLabelKeys, term.mismatchLabelKeys);
  const { namespaceSelector } = term;
  if (namespaceSelector === null) {
    return { namespaces: term.namespaces.length === 0 ? [pod.namespace] : [...term.namespaces].sort(), selector };
  }
  if (isEmpty(namespaceSelector)) return { namespaces: null, selector };
  const names = new Set(term.namespaces);
  for (const [name, labels] of world.namespaces ?? []) if (matchesSelector(namespaceSelector, labels)) names.add(name);
  return { namespaces: [...names].sort(), selector };
}

function toPodTerm(term: ResolvedTerm): PodTerm {
  const namespaces = term.namespaces === null ? null : new Set(term.namespaces);
  return {
    key: canonicalJson(term),
    hint: hintOf(term.selector),
    matches: (pod) =>
      (namespaces === null || namespaces.has(pod.namespace)) && matchesSelector(term.selector, pod.labels),
  };
}

/** null where there is no label and value that every pod which the selector matches has. */
function hintOf(selector: LabelSelector): string | null {
  const first = selector === null ? undefined : Object.entries(selector.matchLabels)[0];
  return first === undefined ? null : `${first[0]}=${first[1]}`;
}

function isEmpty(selector: NonNullable<LabelSelector>): boolean {
  return Object.keys(selector.matchLabels).length === 0 && selector.matchExpressions.length === 0;
}
