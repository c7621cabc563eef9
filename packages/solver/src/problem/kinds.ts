import {
  compareText,
  LABEL,
  nanosToMicros,
  type Offering,
  type Policy,
  type PriceBook,
  type Resources,
  type Snapshot,
  type SnapshotNode,
} from '@restow/model';
import { type AttachLimits, daemonsOn, type NodeView, type PodView, type World } from '@restow/scheduling';
import type { Template } from './problem.ts';

/** A kind of node that may be launched, before it is measured against what the pods ask for. */
export interface KindDraft {
  readonly offering: Offering;
  readonly zone: string | null;
  readonly template: Template;
  readonly microsPerHour: number;
  readonly view: (name: string) => NodeView;
  readonly daemons: readonly PodView[];
  readonly acceleratorPodsOnly: boolean;
}

/** Every template × offering × zone that policy lets restow launch. */
export function draftKinds(
  snapshot: Snapshot,
  book: PriceBook,
  templates: readonly Template[],
  policy: Policy,
  daemons: readonly PodView[],
  limits: AttachLimits,
  world: World,
): KindDraft[] {
  const present = new Set(snapshot.nodes.map(({ instanceType }) => instanceType));
  const observed = allocatableObserver(snapshot);
  const drafts: KindDraft[] = [];
  for (const offering of book.offerings) {
    if (!offering.launchable || !isWanted(offering, policy, present)) continue;
    const fromFile = book.sources[offering.source]!.name === 'file';
    const acceleratorPodsOnly =
      offering.accelerated && !fromFile && !policy.launch.gpuForPodsWithoutGpu && !present.has(offering.instanceType);
    for (const zone of zonesOf(offering, snapshot)) {
      for (const template of templates) {
        const machine = template.accepts(offering, zone);
        if (machine === null) continue;
        const allocatable = observed(offering, template);
        const view = (name: string): NodeView => ({
          name,
          labels: { ...template.labels, ...machine, [LABEL.hostname]: name },
          taints: template.taints,
          unschedulable: false,
          allocatable,
          attachLimits: limits.smallest,
        });
        const own = daemonsOn(view('new'), daemons, world);
        const microsPerHour = nanosToMicros(offering.nanosPerHour);
        drafts.push({ offering, zone, template, microsPerHour, view, daemons: own, acceleratorPodsOnly });
      }
    }
  }
  return drafts.sort(compareDrafts);
}

function isWanted(offering: Offering, { launch }: Policy, present: ReadonlySet<string | null>): boolean {
  if (launch.instanceTypes.length > 0 && !launch.instanceTypes.includes(offering.instanceType)) return false;
  if (present.has(offering.instanceType)) return true;
  return (
    (launch.burstable || !offering.burstable) &&
    (launch.previousGeneration || !offering.previousGeneration) &&
    (launch.bareMetal || !offering.bareMetal)
  );
}

/** An offering for any zone can be had in the zones of its region in which the cluster has nodes. */
function zonesOf(offering: Offering, snapshot: Snapshot): (string | null)[] {
  if (offering.zone !== null) return [offering.zone];
  const zones = new Set<string | null>();
  for (const node of snapshot.nodes) {
    if (offering.region === null || offering.region === node.region) zones.add(node.zone);
  }
  return [...zones].sort((a, b) => compareText(a ?? '', b ?? ''));
}

/**
 * What a new node will have: as seen on the smallest node of the same type and group, else as the catalogue says; disk,
 * which the template and not the type decides, as on the smallest node of the group (of the cluster, for plain nodes).
 */
function allocatableObserver(snapshot: Snapshot): (offering: Offering, template: Template) => Resources {
  const byTypeAndGroup = Map.groupBy(snapshot.nodes, ({ instanceType, group }) => `${instanceType}|${group}`);
  const diskByGroup = new Map<string | null, number | undefined>();
  for (const [group, nodes] of Map.groupBy(snapshot.nodes, (node) => node.group)) {
    diskByGroup.set(group, smallestOf(nodes)['ephemeral-storage']);
  }
  const plainDisk = smallestOf(snapshot.nodes)['ephemeral-storage'];
  return (offering, { group }) => {
    const alike = byTypeAndGroup.get(`${offering.instanceType}|${group}`);
    if (alike !== undefined) return smallestOf(alike);
    const disk = group === null ? plainDisk : diskByGroup.get(group);
    return disk === undefined ? offering.allocatable : { ...offering.allocatable, 'ephemeral-storage': disk };
  };
}

function smallestOf(nodes: readonly SnapshotNode[]): Resources {
  const smallest: Record<string, number> = { ...nodes[0]?.allocatable };
  for (const { allocatable } of nodes) {
    for (const name of Object.keys(smallest)) smallest[name] = Math.min(smallest[name]!, allocatable[name] ?? 0);
  }
  return smallest;
}

function compareDrafts(a: KindDraft, b: KindDraft): number {
  return (
    a.microsPerHour - b.microsPerHour ||
    compareText(a.offering.instanceType, b.offering.instanceType) ||
    compareText(a.zone ?? '', b.zone ?? '') ||
    compareText(a.offering.capacityType, b.offering.capacityType) ||
    compareText(a.template.name, b.template.name) ||
    a.offering.source - b.offering.source
  );
}
