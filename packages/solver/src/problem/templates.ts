import {
  type CapacityType,
  LABEL,
  type NodePool,
  type Offering,
  type Policy,
  type Snapshot,
  type SnapshotNode,
} from '@restow/model';
import { matchesExpression } from '@restow/scheduling';
import { withMostNodes } from './group-sizes.ts';
import type { Template } from './problem.ts';

type Labels = Readonly<Record<string, string>>;

/** Labels that a machine brings with it, whatever template launches it. */
export function machineLabels(offering: Offering, zone: string | null): Record<string, string> {
  const labels: Record<string, string> = {
    [LABEL.arch]: offering.arch,
    [LABEL.os]: offering.os,
    [LABEL.instanceType]: offering.instanceType,
    [LABEL.karpenterCapacityType]: offering.capacityType,
  };
  if (zone !== null) labels[LABEL.zone] = zone;
  if (offering.region !== null) labels[LABEL.region] = offering.region;
  return labels;
}

/**
 * The templates that new nodes come from: Karpenter's node pools, the policy's templates, and the node groups that are
 * seen (with the machine types that they have). With a price file and neither pools nor policy templates, plain nodes.
 */
export function templatesOf(snapshot: Snapshot, policy: Policy, fromPriceFile: boolean): Template[] {
  const declared = [
    ...[...snapshot.nodePools].sort((a, b) => b.weight - a.weight).map(poolTemplate),
    ...policy.templates.map(policyTemplate),
  ];
  const templates = [...declared, ...groupTemplates(snapshot)];
  if (fromPriceFile && declared.length === 0) templates.push(PLAIN);
  return templates.map((template) => withMostNodes(template, policy));
}

const PLAIN: Template = {
  name: 'plain',
  group: null,
  owner: 'restow',
  labels: { [LABEL.restowTemplate]: 'plain' },
  taints: [],
  accepts: machineLabels,
  limits: {},
};

function policyTemplate(template: Policy['templates'][number]): Template {
  const admits = (list: readonly string[], value: string | null) =>
    list.length === 0 || (value !== null && list.includes(value));
  return {
    name: template.name,
    group: template.name,
    owner: 'restow',
    labels: { ...template.labels, [LABEL.restowTemplate]: template.name },
    taints: template.taints,
    accepts: (offering, zone) =>
      admits(template.instanceTypes, offering.instanceType) &&
      admits(template.zones, zone) &&
      template.capacityTypes.includes(offering.capacityType)
        ? machineLabels(offering, zone)
        : null,
    limits: {},
  };
}

/** Keys of Karpenter's AWS provider that can be read off the machine type's name and size. */
function karpenterAwsLabels(offering: Offering): Record<string, string> {
  const match = /^([a-z]+)(\d+)([a-z-]*)\.([a-z0-9-]+)$/.exec(offering.instanceType);
  if (match === null) return {};
  const [, category, generation, suffix, size] = match as unknown as [string, string, string, string, string];
  return {
    'karpenter.k8s.aws/instance-family': `${category}${generation}${suffix}`,
    'karpenter.k8s.aws/instance-category': category,
    'karpenter.k8s.aws/instance-generation': generation,
    'karpenter.k8s.aws/instance-size': size,
    'karpenter.k8s.aws/instance-cpu': String(Math.ceil((offering.allocatable.cpu ?? 0) / 1000)),
  };
}

/** Label domains whose keys a machine, not a person, sets: a requirement on one that is not known refuses. */
const MACHINE_DOMAINS = /(^|\.)(karpenter\.sh|karpenter\.k8s\.aws|kubernetes\.io|k8s\.io|karpenter\.azure\.com)\//;

function poolTemplate(pool: NodePool): Template {
  const labels: Record<string, string> = { ...pool.labels, [LABEL.karpenterNodePool]: pool.name };
  const onMachine: NodePool['requirements'][number][] = [];
  for (const requirement of pool.requirements) {
    const [value] = requirement.values;
    if (MACHINE_DOMAINS.test(requirement.key)) onMachine.push(requirement);
    else if (requirement.operator === 'In' && value !== undefined) labels[requirement.key] ??= value;
  }
  return {
    name: pool.name,
    group: pool.name,
    owner: 'karpenter',
    labels,
    taints: pool.taints,
    accepts: (offering, zone) => {
      const machine = { ...machineLabels(offering, zone), ...karpenterAwsLabels(offering) };
      return onMachine.every((requirement) => meets(requirement, machine)) ? machine : null;
    },
    limits: pool.limits,
  };
}

/** A requirement on a key that the machine is not known to have refuses, whatever its operator: it cannot be judged. */
function meets(requirement: NodePool['requirements'][number], machine: Labels): boolean {
  if (machine[requirement.key] === undefined) return false;
  const { key, values } = requirement;
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
    case 'Exists':
    case 'DoesNotExist':
    case 'Gt':
    case 'Lt':
      return matchesExpression({ key, operator: requirement.operator, values }, machine);
    case 'Gte':
      return Number(machine[key]) >= Number(values[0]);
    case 'Lte':
      return Number(machine[key]) <= Number(values[0]);
    default:
      return false;
  }
}

/** Owners with templates of their own, and those whose nodes nothing orders. */
const NOT_GROWN: ReadonlySet<string> = new Set(['karpenter', 'cluster-api', 'unknown']);

/** Groups whose machine types are fixed by their owner: they can grow by what they have. */
function groupTemplates(snapshot: Snapshot): Template[] {
  const groups = new Map<string, SnapshotNode[]>();
  for (const node of snapshot.nodes) {
    if (node.group === null || NOT_GROWN.has(node.owner)) continue;
    const key = `${node.owner}/${node.group}`;
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [node]);
    else list.push(node);
  }
  return [...groups].map(([key, nodes]): Template => {
    const choices = new Set(nodes.map((node) => choiceKey(node.instanceType, node.zone, node.capacityType, node.arch)));
    const [first] = nodes as [SnapshotNode, ...SnapshotNode[]];
    return {
      name: key,
      group: first.group,
      owner: first.owner,
      labels: commonLabels(nodes),
      taints: first.taints.filter((taint) =>
        nodes.every(({ taints }) =>
          taints.some(
            ({ key: k, value, effect }) => k === taint.key && value === taint.value && effect === taint.effect,
          ),
        ),
      ),
      accepts: (offering, zone) =>
        choices.has(choiceKey(offering.instanceType, zone, offering.capacityType, offering.arch))
          ? machineLabels(offering, zone)
          : null,
      limits: {},
    };
  });
}

function choiceKey(type: string | null, zone: string | null, capacityType: CapacityType, arch: string): string {
  return `${type}|${zone}|${capacityType}|${arch}`;
}

function commonLabels(nodes: readonly SnapshotNode[]): Record<string, string> {
  const [first, ...others] = nodes as [SnapshotNode, ...SnapshotNode[]];
  return Object.fromEntries(
    Object.entries(first.labels).filter(
      ([key, value]) => key !== LABEL.hostname && others.every(({ labels }) => labels[key] === value),
    ),
  );
}
