import { LABEL, type Plan, type PriceBook, type Snapshot, type SnapshotPod } from '@restow/model';
import { NAIVE_RULES, type NaiveNode, type NaiveWorld } from './rules.ts';

/**
 * Plays a plan's steps in their order on plain lists, asking the naive rules at every arrival, and adds the money up
 * again. Shares nothing with the solver or its checker. Returns what is wrong.
 */
export function replayNaively(snapshot: Snapshot, book: PriceBook, plan: Plan, attachLimit: number | null): string[] {
  const wrong: string[] = [];
  const nodes = new Map<string, NaiveNode>(
    snapshot.nodes.map(({ name, labels, taints, unschedulable, allocatable }) => [
      name,
      { name, labels, taints, unschedulable, allocatable, attachLimit },
    ]),
  );
  const where = new Map<SnapshotPod, string>();
  for (const pod of snapshot.pods) if (pod.node !== null) where.set(pod, pod.node);
  const podOf = new Map(snapshot.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
  const machineOf = new Map(snapshot.nodes.map((node) => [node.name, node]));
  const targets = new Map(plan.target.nodes.map((node) => [node.name, node]));
  const daemon = snapshot.owners.find(({ kind }) => kind === 'DaemonSet')?.daemon ?? null;
  const volumeZone = new Map<string, string>();
  for (const { namespace, name, volume } of snapshot.persistentVolumeClaims) {
    const affinity = snapshot.persistentVolumes.find((one) => one.name === volume)?.nodeAffinity;
    volumeZone.set(`${namespace}/${name}`, affinity?.[0]?.matchExpressions[0]?.values[0] ?? '');
  }
  const done = new Set<string>();
  const moved = new Map<SnapshotPod, number>();
  for (const step of plan.steps) {
    for (const id of step.after) if (!done.has(id)) wrong.push(`${step.id} comes before ${id}, which it waits for`);
    done.add(step.id);
    const name = step.node!;
    if (step.kind === 'launch') {
      const target = targets.get(name) ?? plan.target.spares.find((spare) => spare.name === name)!;
      const { instanceType, zone, capacityType, arch } = target;
      const offering = book.offerings.find(
        (one) =>
          one.instanceType === instanceType &&
          (one.zone ?? zone) === zone &&
          one.capacityType === capacityType &&
          one.arch === arch,
      );
      if (offering === undefined) {
        wrong.push(`${name} is no offering`);
        continue;
      }
      const labels: Record<string, string> = { [LABEL.hostname]: name, [LABEL.arch]: arch, [LABEL.os]: 'linux' };
      labels[LABEL.instanceType] = instanceType!;
      labels[LABEL.karpenterCapacityType] = capacityType;
      if (zone !== null) labels[LABEL.zone] = zone;
      nodes.set(name, {
        name,
        labels,
        taints: [],
        unschedulable: false,
        allocatable: offering.allocatable,
        attachLimit,
      });
      if (daemon !== null)
        where.set({ ...snapshot.pods[0]!, name: `daemon-${name}`, ...daemon, labels: {}, claims: [] }, name);
    } else if (step.kind === 'move') {
      const pod = podOf.get(`${step.pod!.namespace}/${step.pod!.name}`)!;
      const home = machineOf.get(pod.node!)!;
      where.delete(pod);
      const node = nodes.get(name);
      if (node === undefined) {
        wrong.push(`${step.id} moves to ${name}, which is not there`);
        continue;
      }
      const world: NaiveWorld = {
        nodes: [...nodes.values()],
        running: [...where].map(([other, on]) => ({ pod: other, node: on })),
        volumeZone,
      };
      for (const [rule, lets] of Object.entries(NAIVE_RULES)) {
        if (!lets(pod, node, world)) wrong.push(`${step.id}: ${rule} does not let ${pod.name} come to ${name}`);
      }
      const machine =
        machineOf.get(name) ?? targets.get(name) ?? plan.target.spares.find((spare) => spare.name === name)!;
      if (machine.arch !== home.arch || machine.capacityType !== home.capacityType) {
        wrong.push(`${step.id}: ${pod.name} changes its machine from ${home.arch}/${home.capacityType}`);
      }
      where.set(pod, name);
      moved.set(pod, (moved.get(pod) ?? 0) + 1);
    } else if (step.kind === 'remove') {
      for (const [pod, on] of where) {
        if (on !== name) continue;
        if (pod.owner?.kind === 'DaemonSet' || pod.name.startsWith('daemon-')) where.delete(pod);
        else wrong.push(`${name} is removed with ${pod.name} on it`);
      }
      nodes.delete(name);
    }
  }
  for (const { namespace, name, node } of plan.target.placements) {
    if (where.get(podOf.get(`${namespace}/${name}`)!) !== node) wrong.push(`${name} does not end on ${node}`);
  }
  const names = [...nodes.keys()].sort().join();
  if (names !== [...targets.keys()].sort().join()) wrong.push('the nodes at the end are not the target');
  const after = plan.target.nodes.reduce((sum, node) => sum + (node.microsPerHour ?? 0), 0);
  const { microsPerHour, moves } = plan.summary;
  if (after !== microsPerHour.after) wrong.push(`the nodes cost ${after}, the plan says ${microsPerHour.after}`);
  if (microsPerHour.bound > microsPerHour.after) wrong.push('the plan costs less than its bound');
  if (microsPerHour.after > microsPerHour.before) wrong.push('the plan costs more than nothing at all');
  if ([...moved.values()].reduce((sum, count) => sum + count, 0) !== moves) wrong.push('moves are miscounted');
  if (
    new Set(plan.target.placements.map((one) => `${one.namespace}/${one.name}`)).size !== plan.target.placements.length
  ) {
    wrong.push('a pod is placed twice');
  }
  return wrong;
}
