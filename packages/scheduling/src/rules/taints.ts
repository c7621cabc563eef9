import type { Taint, Toleration } from '@restow/model';
import type { NodeRule } from '../views.ts';

/** Source: scheduler plugin TaintToleration; only NoSchedule and NoExecute forbid. */
export const taints: NodeRule = {
  name: 'taints',
  check(pod, node) {
    const taint = findUntolerated(node.taints, pod.spec.tolerations);
    if (taint === null) return null;
    return `the node has taint ${taint.key}${taint.value === '' ? '' : `=${taint.value}`}:${taint.effect}, which the pod does not tolerate`;
  },
};

/** The first taint that forbids, or null. */
export function findUntolerated(all: readonly Taint[], tolerations: readonly Toleration[]): Taint | null {
  for (const taint of all) {
    if (taint.effect !== 'NoSchedule' && taint.effect !== 'NoExecute') continue;
    if (!isTolerated(taint, tolerations)) return taint;
  }
  return null;
}

export function isTolerated(taint: Taint, tolerations: readonly Toleration[]): boolean {
  return tolerations.some(
    ({ key, operator, value, effect }) =>
      (effect === null || effect === '' || effect === taint.effect) &&
      (key === null || key === '' ? operator === 'Exists' : key === taint.key) &&
      (operator === 'Exists' || value === taint.value),
  );
}
