import type { HostPort } from '@restow/model';
import type { StateRule } from '../cluster-state.ts';

/** Source: scheduler plugin NodePorts: the same port and protocol clash where either address is the wildcard. */
export const hostPorts: StateRule = {
  name: 'host-ports',
  check(pod, place) {
    if (pod.spec.hostPorts.length === 0) return null;
    for (const other of place.pods) {
      for (const taken of other.spec.hostPorts) {
        const wanted = pod.spec.hostPorts.find((port) => portsClash(port, taken));
        if (wanted !== undefined) {
          return `host port ${wanted.port}/${wanted.protocol} is taken by ${other.namespace}/${other.name}`;
        }
      }
    }
    return null;
  },
};

export function portsClash(a: HostPort, b: HostPort): boolean {
  if (a.port !== b.port || a.protocol !== b.protocol) return false;
  return a.hostIP === b.hostIP || isWildcard(a.hostIP) || isWildcard(b.hostIP);
}

function isWildcard(address: string): boolean {
  return address === '' || address === '0.0.0.0';
}
