import { compareText, LABEL, type Snapshot, type SnapshotNode, type SnapshotPod } from '@restow/model';
import type { OrderedMove, Realisation } from './order/realise.ts';
import { namesOf } from './plan/assemble.ts';
import type { NodeKind, Problem } from './problem/problem.ts';

/** The cluster as it will be once the realisation is carried out: what a plan made then would start from. */
export function endStateOf(snapshot: Snapshot, problem: Problem, realisation: Realisation): Snapshot {
  const names = namesOf(problem, realisation, new Set(snapshot.nodes.map(({ name }) => name)));
  const removed = new Set(realisation.removed.map((slot) => names.get(slot)!));
  const fresh = realisation.launched.filter(({ spare }) => !spare);
  const nodes = [
    ...snapshot.nodes.filter(({ name }) => !removed.has(name)),
    ...fresh.map(({ slot, kind }) => nodeOfKind(kind, names.get(slot)!)),
  ];
  const lastMove = new Map<SnapshotPod, OrderedMove>();
  for (const move of realisation.moves) lastMove.set(move.pod, move);
  const pods = snapshot.pods.flatMap((pod): SnapshotPod[] => {
    const move = lastMove.get(pod);
    if (move !== undefined) return [{ ...pod, node: names.get(move.to)! }];
    return pod.node !== null && removed.has(pod.node) ? [] : [pod];
  });
  const daemons = fresh.flatMap(({ slot, kind }) =>
    kind.daemons.map((_, index) => daemonPodOf(kind, index, names.get(slot)!)),
  );
  return {
    ...snapshot,
    nodes: nodes.sort((a, b) => compareText(a.name, b.name)),
    pods: [...pods, ...daemons].sort((a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name)),
  };
}

export function nodeOfKind(kind: NodeKind, name: string): SnapshotNode {
  const { offering, zone, template } = kind;
  const { labels, taints, allocatable } = kind.view(name);
  return {
    name,
    uid: '',
    labels,
    taints: [...taints],
    unschedulable: false,
    ready: true,
    deleting: false,
    providerId: null,
    allocatable,
    arch: offering.arch,
    os: offering.os,
    instanceType: offering.instanceType,
    zone,
    region: labels[LABEL.region] ?? zone?.replace(/-?[a-z]$/, '') ?? null,
    capacityType: offering.capacityType,
    owner: template.owner,
    group: template.group,
    controlPlane: false,
    doNotDisrupt: null,
  };
}

/** The pod of the kind's `index`-th daemon set on a node of that name. */
export function daemonPodOf(kind: NodeKind, index: number, node: string): SnapshotPod {
  const daemon = kind.daemons[index]!;
  return {
    namespace: daemon.namespace,
    name: `${daemon.name}-${node}`,
    uid: '',
    labels: daemon.labels,
    node,
    terminating: false,
    mirror: false,
    owner: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: daemon.name, uid: '' },
    requests: daemon.requests,
    spec: daemon.spec,
    priority: 0,
    doNotDisrupt: null,
    safeToEvict: false,
    localVolumes: [],
    claims: [],
    resourceClaims: [],
    notUnderstood: [],
  };
}
