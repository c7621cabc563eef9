import type { NodeRule } from '../views.ts';
import { isTolerated } from './taints.ts';

const TAINT = { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' };

/** A cordoned node takes nothing that does not tolerate it. Source: scheduler plugin NodeUnschedulable. */
export const nodeUnschedulable: NodeRule = {
  name: 'node-unschedulable',
  check(pod, node) {
    if (!node.unschedulable || isTolerated(TAINT, pod.spec.tolerations)) return null;
    return 'the node is cordoned';
  },
};
