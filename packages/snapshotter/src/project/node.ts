import { type CapacityType, LABEL, type NodeOwner, PROTECTED_ANNOTATION, type SnapshotNode } from '@restow/model';
import type { RawNode } from '../kubernetes/node.ts';
import { labelOf, projectTaints } from './selectors.ts';

const CAPI_MACHINE = 'cluster.x-k8s.io/machine';
const CAPI_OWNER = 'cluster.x-k8s.io/owner-name';
const DO_NOT_DISRUPT = 'karpenter.sh/do-not-disrupt';
const SCALE_DOWN_DISABLED = 'cluster-autoscaler.kubernetes.io/scale-down-disabled';

/** null when the node has no allocatable: it has just been made, or its kubelet has never spoken. */
export function projectNode(raw: RawNode): SnapshotNode | null {
  const { metadata, spec, status } = raw;
  const allocatable = status?.allocatable;
  if (!allocatable || Object.keys(allocatable).length === 0) return null;
  const labels = metadata.labels ?? {};
  const annotations = metadata.annotations ?? {};
  const providerId = spec?.providerID || null;
  const zone = labelOf(labels, 'zone', 'zoneBeta');
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    labels: { [LABEL.hostname]: metadata.name, ...labels },
    taints: projectTaints(spec?.taints).filter(({ key }) => key !== 'node.kubernetes.io/unschedulable'),
    unschedulable: spec?.unschedulable === true,
    ready: (status?.conditions ?? []).every(({ type, status: value }) => type !== 'Ready' || value === 'True'),
    deleting: metadata.deletionTimestamp != null,
    providerId,
    allocatable,
    arch: labelOf(labels, 'arch') ?? status?.nodeInfo?.architecture ?? 'amd64',
    os: labelOf(labels, 'os') ?? status?.nodeInfo?.operatingSystem ?? 'linux',
    instanceType: labelOf(labels, 'instanceType', 'instanceTypeBeta'),
    zone,
    region: labelOf(labels, 'region', 'regionBeta') ?? regionOfZone(zone),
    capacityType: capacityTypeOf(labels),
    ...ownerOf(labels, annotations),
    controlPlane: LABEL.controlPlane in labels || LABEL.controlPlaneOld in labels,
    doNotDisrupt: protection(annotations),
    ...announcedBy(status?.conditions ?? []),
  };
}

/** The node problem detector of AKS names what is coming so (docs: node auto-repair, scheduled events). */
function announcedBy(conditions: readonly { readonly type: string; readonly status: string }[]) {
  const announced = conditions.filter(({ type, status }) => /^[A-Z]\w*Scheduled$/.test(type) && status === 'True');
  return announced.length === 0 ? {} : { announced: announced.map(({ type }) => type) };
}

function capacityTypeOf(labels: Readonly<Record<string, string>>): CapacityType {
  const said = (labelOf(labels, 'karpenterCapacityType') ?? labelOf(labels, 'eksCapacityType') ?? '').toLowerCase();
  if (said === 'spot' || labels[LABEL.gkeSpot] === 'true' || labels[LABEL.gkePreemptible] === 'true') return 'spot';
  return said === 'reserved' || said === 'capacity_block' ? 'reserved' : 'on-demand';
}

function ownerOf(
  labels: Readonly<Record<string, string>>,
  annotations: Readonly<Record<string, string>>,
): { owner: NodeOwner; group: string | null } {
  const byLabel: readonly (readonly [NodeOwner, keyof typeof LABEL])[] = [
    ['karpenter', 'karpenterNodePool'],
    ['eks', 'eksNodeGroup'],
    ['eks', 'eksctlNodeGroup'],
    ['gke', 'gkeNodePool'],
    ['kops', 'kopsInstanceGroup'],
    ['restow', 'restowTemplate'],
  ];
  if (annotations[CAPI_MACHINE] !== undefined && !(LABEL.karpenterNodePool in labels)) {
    return { owner: 'cluster-api', group: annotations[CAPI_OWNER] ?? null };
  }
  for (const [owner, key] of byLabel) {
    const group = labelOf(labels, key);
    if (group !== null) return { owner, group: owner === 'restow' && group === 'plain' ? null : group };
  }
  return { owner: 'unknown', group: null };
}

/** AWS zones end in a letter, GCP zones in `-` and a letter. */
function regionOfZone(zone: string | null): string | null {
  return zone === null ? null : zone.replace(/-?[a-z]$/, '');
}

/** What a run of restow has set for as long as it goes on does not count. */
function protection(all: Readonly<Record<string, string>>): string | null {
  const own = new Set((all[PROTECTED_ANNOTATION] ?? '').split(','));
  const annotations = Object.fromEntries(Object.entries(all).filter(([key]) => !own.has(key)));
  const value = annotations[DO_NOT_DISRUPT];
  if (value !== undefined && value !== 'false') return `${DO_NOT_DISRUPT}=${value}`;
  return annotations[SCALE_DOWN_DISABLED] === 'true' ? `${SCALE_DOWN_DISABLED}=true` : null;
}
