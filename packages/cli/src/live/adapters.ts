import type { MachineGroups, Mover, RunPorts } from '@restow/executor';
import {
  ClusterApiNodes,
  EvictionMover,
  KarpenterNodes,
  type KubeApi,
  KubeNodeMarker,
  MachineGroupNodes,
  MoverByMethod,
  NodeManagers,
  SurgeMover,
} from '@restow/kube';

/** What changes a cluster, over its API server and its clouds; `more`: what moves pods in other ways. */
export function adaptersOver(
  api: KubeApi,
  groups: readonly MachineGroups[],
  more: readonly Mover[] = [],
): Pick<RunPorts, 'nodes' | 'marker' | 'mover'> {
  const owners = [
    new KarpenterNodes(api, Date.now),
    new ClusterApiNodes(api, Date.now),
    ...groups.map((one) => new MachineGroupNodes(api, one, Date.now)),
  ];
  return {
    nodes: new NodeManagers(api, owners, Date.now),
    marker: new KubeNodeMarker(api),
    mover: new MoverByMethod([new EvictionMover(api, Date.now), new SurgeMover(api, Date.now), ...more]),
  };
}
