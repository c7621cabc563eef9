import { LABEL, type PriceBook, type Snapshot, type SnapshotPod } from '@restow/model';
import { NAIVE_RULES, type NaiveNode } from './rules.ts';

export interface CheapestRequest {
  readonly snapshot: Snapshot;
  readonly book: PriceBook;
  /** By `namespace/name`. */
  readonly fixed: ReadonlySet<string>;
  /** To which a pod may go besides its own. */
  readonly capacityTypes: readonly string[];
  /** Of one pod that is on a node with these labels. */
  readonly microsOfPlace: (pod: SnapshotPod, labels: Readonly<Record<string, string>>, capacityType: string) => number;
  /** Of one pod. */
  readonly microsOfMove: (pod: SnapshotPod) => number;
  readonly attachLimit: number;
}

/** A node that is there or could be, with what it holds whatever is decided. */
interface Place {
  readonly node: NaiveNode;
  readonly always: readonly SnapshotPod[];
  readonly microsPerHour: number;
  readonly arch: string;
  readonly capacityType: string;
}

/**
 * The least that nodes and moves together can cost an hour, by trying every way to divide the pods over the nodes that
 * are there and any number of new ones, those too that are pending. Infinite: there is none. Only where no rule couples nodes: then each node can be judged by itself. Sets of
 * pods are bits of a number. Shares nothing with the solver.
 */
export function cheapestNaively(request: CheapestRequest): number {
  const { snapshot, book, fixed, capacityTypes, microsOfMove, microsOfPlace, attachLimit } = request;
  const isFixed = (pod: SnapshotPod) => fixed.has(`${pod.namespace}/${pod.name}`);
  const pods = snapshot.pods.filter((pod) => !isFixed(pod));
  const all = 2 ** pods.length - 1;
  const zoneOfVolume = new Map(
    snapshot.persistentVolumeClaims.map(({ namespace, name, volume }) => {
      const found = snapshot.persistentVolumes.find((one) => one.name === volume);
      return [`${namespace}/${name}`, found?.nodeAffinity?.[0]?.matchExpressions[0]?.values[0] ?? ''];
    }),
  );
  const nodeOf = new Map(snapshot.nodes.map((node) => [node.name, node]));
  /** Where it runs, or where one runs that is alike. */
  const machineOf = ({ node, owner }: SnapshotPod) =>
    nodeOf.get(node ?? snapshot.pods.find((other) => other.node !== null && other.owner?.uid === owner?.uid)!.node!)!;

  const mayBe = (set: number, { node, always, arch, capacityType }: Place): boolean => {
    const here = pods.filter((_, index) => (set >> index) % 2 === 1);
    return here.every((pod) => {
      if (pod.node === node.name) return true;
      const home = machineOf(pod);
      if (home.arch !== arch) return false;
      if (home.capacityType !== capacityType && !capacityTypes.includes(capacityType)) return false;
      const running = [...always, ...here.filter((other) => other !== pod)].map((other) => {
        return { pod: other, node: node.name };
      });
      const world = { nodes: [node], running, volumeZone: zoneOfVolume };
      return Object.values(NAIVE_RULES).every((lets) => lets(pod, node, world));
    });
  };
  const costOf = (place: Place): Float64Array => {
    const costs = new Float64Array(all + 1).fill(Number.POSITIVE_INFINITY);
    for (let set = 0; set <= all; set++) {
      if (!mayBe(set, place)) continue;
      const here = pods.filter((_, index) => (set >> index) % 2 === 1);
      const come = here.filter((pod) => pod.node !== place.node.name);
      const { node, capacityType } = place;
      const ofPods =
        come.reduce((sum, pod) => sum + microsOfMove(pod), 0) +
        here.reduce((sum, pod) => sum + microsOfPlace(pod, node.labels, capacityType), 0);
      const isNeeded = set > 0 || place.always.length > 0;
      costs[set] = (isNeeded ? place.microsPerHour : 0) + ofPods;
    }
    return costs;
  };

  let least = new Float64Array(all + 1).fill(Number.POSITIVE_INFINITY);
  least[0] = 0;
  for (const place of existingPlaces(snapshot, book, isFixed, attachLimit)) {
    const costs = costOf(place);
    const next = new Float64Array(all + 1);
    for (let set = 0; set <= all; set++) {
      next[set] = Math.min(...subsets(set).map((here) => least[set ^ here]! + costs[here]!));
    }
    least = next;
  }
  const onNew = new Float64Array(all + 1).fill(Number.POSITIVE_INFINITY);
  onNew[0] = 0;
  for (const place of newPlaces(snapshot, book, attachLimit)) {
    costOf(place).forEach((cost, set) => {
      if (set > 0) onNew[set] = Math.min(onNew[set]!, cost);
    });
  }
  // The least of any number of new nodes: the first holds the lowest pod.
  for (let set = 1; set <= all; set++) {
    const lowest = set & -set;
    const onOne = onNew.slice();
    onNew[set] = Math.min(
      ...subsets(set)
        .filter((here) => (here & lowest) !== 0)
        .map((here) => onOne[here]! + onNew[set ^ here]!),
    );
  }
  return Math.min(...subsets(all).map((stay) => least[stay]! + onNew[all ^ stay]!));
}

function subsets(set: number): number[] {
  const found = [0];
  for (let one = set; one > 0; one = (one - 1) & set) found.push(one);
  return found;
}

function existingPlaces(
  { nodes, pods }: Snapshot,
  book: PriceBook,
  isFixed: (pod: SnapshotPod) => boolean,
  attachLimit: number,
): Place[] {
  return nodes.map(({ name, labels, taints, unschedulable, allocatable, instanceType, arch, capacityType }) => {
    const offering = book.offerings.find(
      (one) => one.instanceType === instanceType && one.capacityType === capacityType && one.arch === arch,
    )!;
    return {
      node: { name, labels, taints, unschedulable, allocatable, attachLimit },
      always: pods.filter((pod) => pod.node === name && isFixed(pod)),
      microsPerHour: offering.nanosPerHour / 1000,
      arch,
      capacityType,
    };
  });
}

function newPlaces({ nodes, pods, owners }: Snapshot, book: PriceBook, attachLimit: number): Place[] {
  const zones = [...new Set(nodes.map(({ zone }) => zone!))];
  const daemons = owners.flatMap(({ daemon, name }): SnapshotPod[] =>
    daemon === null ? [] : [{ ...pods[0]!, ...daemon, name, labels: {}, claims: [] }],
  );
  return book.offerings.flatMap(({ instanceType, capacityType, arch, allocatable, nanosPerHour }) =>
    zones.map((zone): Place => {
      const labels = {
        [LABEL.hostname]: 'new',
        [LABEL.arch]: arch,
        [LABEL.os]: 'linux',
        [LABEL.instanceType]: instanceType,
        [LABEL.karpenterCapacityType]: capacityType,
        [LABEL.zone]: zone,
      };
      const node = { name: 'new', labels, taints: [], unschedulable: false, allocatable, attachLimit };
      return { node, always: daemons, microsPerHour: nanosPerHour / 1000, arch, capacityType };
    }),
  );
}
