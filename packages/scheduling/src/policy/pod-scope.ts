import type { LabelSelector, SnapshotPod } from '@restow/model';
import { matchesSelector } from '../label-selector.ts';

/** What an entry of policy is about: pods with such labels, in these namespaces (empty: all). */
export interface PodScope {
  readonly selector: LabelSelector;
  readonly namespaces: readonly string[];
}

export function isInScope(
  { namespace, labels }: Pick<SnapshotPod, 'namespace' | 'labels'>,
  { selector, namespaces }: PodScope,
): boolean {
  return (namespaces.length === 0 || namespaces.includes(namespace)) && matchesSelector(selector, labels);
}
