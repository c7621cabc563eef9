import { LABEL, type PriceBook, type Snapshot, type SnapshotNode, type SnapshotPod } from '@restow/model';
import { buildNode, buildPod, buildPriceBook, buildSnapshot, type MachinePrice } from './builders.ts';

const SIZES: readonly (readonly [name: string, cores: number])[] = [
  ['large', 2],
  ['xlarge', 4],
  ['2xlarge', 8],
  ['4xlarge', 16],
];
const FAMILIES: readonly (readonly [name: string, gibPerCore: number, microsPerCore: number])[] = [
  ['c', 2, 38_000],
  ['m', 4, 46_000],
  ['r', 8, 61_000],
  ['old-m', 4, 52_000],
];
const ZONES = ['zone-a', 'zone-b', 'zone-c'];

/**
 * An under-used cluster without awkward rules: `pods` pods of some twenty sizes, two or three to a node of an old type,
 * and a book of sixteen types in three zones.
 */
export function plainCluster(pods: number, seed = 1): { readonly snapshot: Snapshot; readonly book: PriceBook } {
  const random = generator(seed);
  const machines = FAMILIES.flatMap(([family, gib, micros]) =>
    SIZES.map(([size, cores]): MachinePrice => {
      return { instanceType: `${family}.${size}`, cores, gib: cores * gib, pods: 30, microsPerHour: micros * cores };
    }),
  );
  const shapes = Array.from({ length: 20 }, () => ({
    cpu: 100 * (1 + Math.floor(random() * random() * 40)),
    memory: 2 ** 28 * (1 + Math.floor(random() * random() * 60)),
  }));
  const nodes: SnapshotNode[] = [];
  const placed: SnapshotPod[] = [];
  let left = 0;
  for (let index = 0; index < pods; index++) {
    if (left === 0) {
      left = 1 + Math.floor(random() * 4);
      const zone = ZONES[nodes.length % 3]!;
      const labels = { [LABEL.instanceType]: 'old-m.4xlarge' };
      const allocatable = { cpu: 16_000, memory: 64 * 2 ** 30, pods: 30 };
      nodes.push(
        buildNode(`node-${String(nodes.length).padStart(4, '0')}`, {
          instanceType: 'old-m.4xlarge',
          zone,
          labels,
          allocatable,
        }),
      );
    }
    left--;
    const shape = Math.floor(random() * shapes.length);
    const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: `app-${shape}`, uid: `rs-${shape}` };
    const name = `pod-${String(index).padStart(5, '0')}`;
    placed.push(
      buildPod(name, nodes.at(-1)!.name, { requests: shapes[shape]!, owner, labels: { app: `app-${shape}` } }),
    );
  }
  return { snapshot: buildSnapshot({ nodes, pods: placed }), book: buildPriceBook(machines) };
}

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}
