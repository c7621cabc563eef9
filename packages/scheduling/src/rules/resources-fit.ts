import type { Resources } from '@restow/model';
import type { StateRule } from '../cluster-state.ts';

/** Every resource that the pod requests, and the number of pods. Source: scheduler plugin NodeResourcesFit. */
export const resourcesFit: StateRule = {
  name: 'resources',
  check(pod, place) {
    const short = firstShortage(pod.requests, place.used, place.node.allocatable);
    if (short !== null) {
      const free = Math.max(0, (place.node.allocatable[short] ?? 0) - (place.used[short] ?? 0));
      return `requests ${formatAmount(short, pod.requests[short] ?? 0)} ${short}, free ${formatAmount(short, free)}`;
    }
    const pods = place.node.allocatable.pods;
    if (pods !== undefined && place.pods.size >= pods) return `the node may run ${pods} pods and does`;
    return null;
  },
};

function firstShortage(requests: Resources, used: Resources, allocatable: Resources): string | null {
  for (const [name, amount] of Object.entries(requests)) {
    if (name === 'pods' || amount === 0) continue;
    if (amount > (allocatable[name] ?? 0) - (used[name] ?? 0)) return name;
  }
  return null;
}

function formatAmount(name: string, amount: number): string {
  if (name === 'cpu') return `${amount}m`;
  return name === 'memory' || name === 'ephemeral-storage' ? `${Math.floor(amount / 2 ** 20)}Mi` : String(amount);
}
