import { addResources, maxResources, type Resources } from '@restow/model';
import type { RawContainer, RawPodSpec } from '../kubernetes/pod.ts';

/**
 * What the scheduler counts for a pod: the larger of (containers + sidecars) and of the init phase, in which each init
 * container runs beside the sidecars started before it; pod-level requests stand in for the sum where they are set; the
 * runtime's overhead on top. Sources: KEP-753 (sidecars), KEP-2837 (pod-level resources), KEP-688 (overhead).
 */
export function effectiveRequests(spec: RawPodSpec): Resources {
  let running: Resources = {};
  for (const container of spec.containers) running = addResources(running, requestsOf(container));
  let sidecars: Resources = {};
  let starting: Resources = {};
  for (const container of spec.initContainers ?? []) {
    const own = requestsOf(container);
    if (container.restartPolicy === 'Always') {
      sidecars = addResources(sidecars, own);
      starting = maxResources(starting, sidecars);
    } else starting = maxResources(starting, addResources(own, sidecars));
  }
  let total = maxResources(addResources(running, sidecars), starting);
  if (spec.resources?.requests) total = { ...total, ...spec.resources.requests };
  if (spec.overhead) total = addResources(total, spec.overhead);
  return Object.fromEntries(Object.entries(total).filter(([, amount]) => amount > 0));
}

function requestsOf(container: RawContainer): Resources {
  return container.resources?.requests ?? {};
}
