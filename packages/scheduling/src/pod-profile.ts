import { canonicalJson } from '@restow/model';
import type { PodView } from './views.ts';

const LABELS = new WeakMap<PodView['labels'], string>();

/** A pod's labels as one text; equal ones are equal. Read once where pods share them. */
export function labelsKey(labels: PodView['labels']): string {
  let key = LABELS.get(labels);
  if (key === undefined) {
    key = canonicalJson(labels);
    LABELS.set(labels, key);
  }
  return key;
}

/** Pods of one profile are matched by the same terms. */
export function profileKey({ namespace, terminating, labels }: PodView): string {
  return `${namespace}\n${terminating ? 'terminating' : ''}\n${labelsKey(labels)}`;
}
