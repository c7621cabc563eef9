import { LABEL, type Plan, type PriceBook, type Snapshot, type SnapshotNode } from '@restow/model';

/** The cluster after a plan, as somebody would find it who knows only the plan: new nodes look like others of their group. */
export function endStateOf(snapshot: Snapshot, book: PriceBook, plan: Plan): Snapshot {
  const places = new Map(plan.target.placements.map(({ namespace, name, node }) => [`${namespace}/${name}`, node]));
  const gone = new Set(plan.steps.filter(({ kind }) => kind === 'remove').map(({ node }) => node!));
  const fresh = plan.target.nodes.filter(({ existing }) => !existing);
  const nodes = [
    ...snapshot.nodes.filter(({ name }) => !gone.has(name)),
    ...fresh.map((target): SnapshotNode => {
      const sample = snapshot.nodes.find(({ group }) => group === target.group) ?? snapshot.nodes[0]!;
      const { name, instanceType, zone, capacityType, arch } = target;
      const offering = book.offerings.find((one) => one.instanceType === instanceType && (one.zone ?? zone) === zone)!;
      const labels = {
        ...sample.labels,
        [LABEL.hostname]: name,
        [LABEL.instanceType]: instanceType!,
        [LABEL.zone]: zone!,
        [LABEL.karpenterCapacityType]: capacityType,
      };
      const type = capacityType as SnapshotNode['capacityType'];
      return {
        ...sample,
        name,
        uid: name,
        instanceType,
        zone,
        arch,
        capacityType: type,
        allocatable: offering.allocatable,
        labels,
      };
    }),
  ];
  const daemons = snapshot.owners.filter(({ kind }) => kind === 'DaemonSet');
  const sample = snapshot.pods.find(({ owner }) => owner?.kind === 'DaemonSet');
  return {
    ...snapshot,
    nodes,
    pods: [
      ...snapshot.pods
        .filter(({ node, owner }) => !(owner?.kind === 'DaemonSet' && gone.has(node!)))
        .map((pod) => ({ ...pod, node: places.get(`${pod.namespace}/${pod.name}`) ?? pod.node })),
      ...fresh.flatMap(({ name }) =>
        daemons.map(({ name: daemon, namespace, daemon: spec }) => ({
          ...sample!,
          ...spec!,
          namespace,
          name: `${daemon}-${name}`,
          node: name,
          owner: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: daemon, uid: '' },
        })),
      ),
    ],
  };
}
