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

/** Ports and volumes are counted with caution above, so a lower bound may not rest on them. */
export function holdsInBound(resource: string): boolean {
  return !resource.startsWith(PORT) && !resource.startsWith(ATTACH);
}
