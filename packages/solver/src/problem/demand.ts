import { addResources, type Resources } from '@restow/model';
import { type NodeView, type PodView, volumesByDriver, type World } from '@restow/scheduling';

/**
 * Everything countable that a pod takes of a node: what it requests, one pod, its host ports and its volumes by driver.
 * Ports are taken without regard to the address, and volumes as if none were shared: never too little.
 */
export function demandOf(pod: PodView, world: World): Record<string, number> {
  const demand: Record<string, number> = { ...pod.requests, pods: 1 };
  for (const { port, protocol } of pod.spec.hostPorts) demand[`${PORT}${protocol}/${port}`] = 1;
  for (const [driver, volumes] of volumesByDriver(pod, world)) demand[`${ATTACH}${driver}`] = volumes.length;
  return demand;
}

/** The sum over several pods. */
export function demandOfAll(pods: readonly PodView[], world: World): Resources {
  let sum: Resources = {};
  for (const pod of pods) sum = addResources(sum, demandOf(pod, world));
  return sum;
}

const PORT = 'host-port/';
const ATTACH = 'attach/';

/** What a node has of a demand's resource. Without a known number of pods or attach limit it has no bound. */
export function supplyOf(view: NodeView, resource: string): number {
  if (resource.startsWith(PORT)) return 1;
  if (resource.startsWith(ATTACH)) return view.attachLimits[resource.slice(ATTACH.length)] ?? Number.MAX_SAFE_INTEGER;
  if (resource === 'pods') return view.allocatable.pods ?? Number.MAX_SAFE_INTEGER;
  return view.allocatable[resource] ?? 0;
}

const ANY_ADDRESS = '0.0.0.0';

/**
 * Whether a lower bound may rest on a resource, by all pods that there are or will be. Volumes are counted with caution
 * above, so it may not; ports are counted as they are where all that ask for one ask for it at the same address.
 */
export function holdsInBound(pods: readonly PodView[]): (resource: string) => boolean {
  const addresses = new Map<string, Set<string>>();
  for (const { spec } of pods) {
    for (const { port, protocol, hostIP } of spec.hostPorts) {
      const resource = `${PORT}${protocol}/${port}`;
      const known = addresses.get(resource) ?? new Set();
      addresses.set(resource, known.add(hostIP === '' ? ANY_ADDRESS : hostIP));
    }
  }
  return (resource) => {
    if (resource.startsWith(PORT)) return addresses.get(resource)?.size === 1;
    return !resource.startsWith(ATTACH);
  };
}
