import type { StateRule } from '../cluster-state.ts';
import type { PodView, World } from '../views.ts';

/** Distinct volumes of a CSI driver that a node may have attached. Source: scheduler plugin NodeVolumeLimits. */
export const volumeLimits: StateRule = {
  name: 'volume-limits',
  check(pod, place, state) {
    for (const [driver, wanted] of volumesByDriver(pod, state.world)) {
      const limit = place.node.attachLimits[driver];
      if (limit === undefined) continue;
      const attached = new Set(wanted);
      for (const other of place.pods) {
        for (const volume of volumesByDriver(other, state.world).get(driver) ?? []) attached.add(volume);
      }
      if (attached.size > limit) return `${driver} may attach ${limit} volumes to the node`;
    }
    return null;
  },
};

/** Names of the pod's volumes by the CSI driver that attaches them. */
export function volumesByDriver(pod: PodView, world: World): ReadonlyMap<string, readonly string[]> {
  const result = new Map<string, string[]>();
  for (const claim of pod.claims) {
    const volume = world.volumes.get(`${pod.namespace}/${claim}`);
    if (volume === undefined || volume.driver === null) continue;
    const names = result.get(volume.driver);
    if (names === undefined) result.set(volume.driver, [volume.name]);
    else if (!names.includes(volume.name)) names.push(volume.name);
  }
  return result;
}
