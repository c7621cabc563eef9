import type { Mover, RunPorts } from '@restow/executor';
import {
  ClusterApiNodes,
  EvictionMover,
  KarpenterNodes,
  type KubeApi,
  KubeNodeMarker,
  MoverByMethod,
  NodeManagers,
  SurgeMover,
} from '@restow/kube';

/** What changes a cluster, over its API server; `more`: what moves pods in other ways. */
export function adaptersOver(api: KubeApi, more: readonly Mover[] = []): Pick<RunPorts, 'nodes' | 'marker' | 'mover'> {
  return {
    nodes: new NodeManagers(api, [new KarpenterNodes(api, Date.now), new ClusterApiNodes(api, Date.now)], Date.now),
    marker: new KubeNodeMarker(api),
    mover: new MoverByMethod([new EvictionMover(api, Date.now), new SurgeMover(api, Date.now), ...more]),
  };
}
