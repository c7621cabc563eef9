import type { Snapshot, SnapshotNode, SnapshotPod } from '@restow/model';
import type { BodyOf } from '../ledger/entry.ts';

export type NodeFacts = Omit<BodyOf<'node'>, 'kind' | 'from' | 'until'>;
export type PodFacts = Omit<BodyOf<'pod'>, 'kind' | 'from' | 'until'>;

/** What there is at one moment. */
export interface Facts {
  readonly nodes: readonly NodeFacts[];
  readonly pods: readonly PodFacts[];
}

/** What an hour of a node costs; null: not known. */
export type PriceOf = (
  node: SnapshotNode,
) => { readonly microsPerHour: number; readonly listMicrosPerHour: number } | null;

const GPU = /^(?:nvidia|amd|intel)\.com\/gpu/;

/** Of a snapshot, what costs and what it is used by: nodes, and pods that have one. */
export function factsOf(snapshot: Snapshot, priceOf: PriceOf): Facts {
  const uids = new Map(snapshot.nodes.map(({ name, uid }) => [name, uid]));
  const controllerOf = controllersOf(snapshot);
  const used = new Map(snapshot.podUsage?.map((one) => [`${one.namespace}/${one.name}`, one.memoryBytes]));
  return {
    nodes: snapshot.nodes.map((node): NodeFacts => {
      const { uid, name, instanceType, zone, capacityType, group, allocatable } = node;
      const price = priceOf(node);
      return {
        ...{ uid, name, instanceType, zone, capacityType, group },
        ...amounts(allocatable),
        microsPerHour: price?.microsPerHour ?? null,
        listMicrosPerHour: price?.listMicrosPerHour ?? null,
      };
    }),
    pods: snapshot.pods.flatMap((pod): PodFacts[] => {
      const node = pod.node === null ? undefined : uids.get(pod.node);
      if (node === undefined) return [];
      const { uid, namespace, name, labels, requests } = pod;
      const usedMemoryBytes = used.get(`${namespace}/${name}`) ?? null;
      return [
        { uid, namespace, name, node, controller: controllerOf(pod), labels, ...amounts(requests), usedMemoryBytes },
      ];
    }),
  };
}

/** By what pods are known: their Deployment, not the ReplicaSet in between. */
export function controllersOf({ owners }: Pick<Snapshot, 'owners'>): (pod: SnapshotPod) => PodFacts['controller'] {
  const byUid = new Map(owners.map((owner) => [owner.uid, owner]));
  return ({ owner }) => {
    if (owner === null) return null;
    const { kind, name } = byUid.get(owner.uid)?.owner ?? owner;
    return { kind, name };
  };
}

function amounts(resources: Readonly<Record<string, number>>) {
  const gpus = Object.entries(resources).reduce((sum, [name, amount]) => (GPU.test(name) ? sum + amount : sum), 0);
  return { cpuMilli: resources.cpu ?? 0, memoryBytes: resources.memory ?? 0, gpus };
}
