import type { NodeRule } from '../views.ts';
import { describeTerms, matchesAnyTerm } from './node-affinity.ts';

/** A bound volume is reached only from the nodes of its node affinity. Source: scheduler plugin VolumeBinding. */
export const volumeTopology: NodeRule = {
  name: 'volume-topology',
  check(pod, node, world) {
    for (const claim of pod.claims) {
      const volume = world.volumes.get(`${pod.namespace}/${claim}`);
      if (volume === undefined) return `the volume of claim ${claim} is not known`;
      if (volume.nodeAffinity !== null && !matchesAnyTerm(volume.nodeAffinity, node)) {
        return `volume ${volume.name} of claim ${claim} is reached only from ${describeTerms(volume.nodeAffinity)}`;
      }
    }
    return null;
  },
};
