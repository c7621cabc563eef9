import type { Expression, LabelSelector, PodAffinityTerm, SnapshotPod, Taint } from '@restow/model';

/**
 * The scheduler's rules once more, said as plainly as possible and sharing nothing with restow's own: one function a rule,
 * each looking at everything. Slow on purpose.
 */
export interface NaiveNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly unschedulable: boolean;
  readonly allocatable: Readonly<Record<string, number>>;
  /** Volumes that may be attached; null without a limit. */
  readonly attachLimit: number | null;
}

/** Everything that runs: pods with the node that each is on. */
export interface NaiveWorld {
  readonly nodes: readonly NaiveNode[];
  readonly running: readonly { readonly pod: SnapshotPod; readonly node: string }[];
  /** Zone of the volume of `namespace/claim`. */
  readonly volumeZone: ReadonlyMap<string, string>;
}

export type NaiveRule = (pod: SnapshotPod, node: NaiveNode, world: NaiveWorld) => boolean;

/** By the names that restow's rules have; true: this rule lets the pod come. */
export const NAIVE_RULES: Readonly<Record<string, NaiveRule>> = {
  'node-unschedulable': (pod, node) =>
    !node.unschedulable || tolerates(pod, { key: 'node.kubernetes.io/unschedulable', value: '', effect: 'NoSchedule' }),

  taints: (pod, node) =>
    node.taints.filter(({ effect }) => effect !== 'PreferNoSchedule').every((taint) => tolerates(pod, taint)),

  'node-affinity': (pod, node) => meetsNodeAffinity(pod, node),

  'volume-topology': (pod, node, world) =>
    pod.claims.every(
      (claim) => world.volumeZone.get(`${pod.namespace}/${claim}`) === node.labels['topology.kubernetes.io/zone'],
    ),

  resources: (pod, node, world) => {
    const here = world.running.filter((one) => one.node === node.name);
    if (node.allocatable.pods !== undefined && here.length + 1 > node.allocatable.pods) return false;
    return Object.entries(pod.requests).every(([name, amount]) => {
      const used = here.reduce((sum, one) => sum + (one.pod.requests[name] ?? 0), 0);
      return amount === 0 || used + amount <= (node.allocatable[name] ?? 0);
    });
  },

  'host-ports': (pod, node, world) =>
    !world.running.some(
      (one) =>
        one.node === node.name &&
        one.pod.spec.hostPorts.some((a) =>
          pod.spec.hostPorts.some((b) => a.port === b.port && a.protocol === b.protocol),
        ),
    ),

  'volume-limits': (pod, node, world) => {
    if (node.attachLimit === null || pod.claims.length === 0) return true;
    const here = world.running.filter((one) => one.node === node.name).flatMap((one) => one.pod.claims);
    return new Set([...here, ...pod.claims]).size <= node.attachLimit;
  },

  'pod-anti-affinity': (pod, node, world) =>
    world.running.every(({ pod: other, node: otherNode }) => {
      const there = world.nodes.find(({ name }) => name === otherNode)!;
      const clash = (terms: readonly PodAffinityTerm[], carrier: SnapshotPod, target: SnapshotPod) =>
        terms.some((term) => selects(term, carrier, target) && sameDomain(term.topologyKey, node, there));
      return !clash(pod.spec.podAntiAffinity, pod, other) && !clash(other.spec.podAntiAffinity, other, pod);
    }),

  'pod-affinity': (pod, node, world) => {
    const terms = pod.spec.podAffinity;
    if (terms.length === 0) return true;
    if (terms.some(({ topologyKey }) => node.labels[topologyKey] === undefined)) return false;
    const friends = world.running.filter((one) => terms.every((term) => selects(term, pod, one.pod)));
    const near = terms.every(({ topologyKey }) =>
      friends.some((friend) => sameDomain(topologyKey, node, world.nodes.find(({ name }) => name === friend.node)!)),
    );
    return near || (friends.length === 0 && terms.every((term) => selects(term, pod, pod)));
  },

  'topology-spread': (pod, node, world) =>
    pod.spec.topologySpread.every((constraint) => {
      const { topologyKey, maxSkew, minDomains, selector, honourNodeAffinity, honourNodeTaints } = constraint;
      if (node.labels[topologyKey] === undefined) return false;
      const keys = pod.spec.topologySpread.map((one) => one.topologyKey);
      const counted = world.nodes.filter(
        (one) =>
          keys.every((key) => one.labels[key] !== undefined) &&
          (!honourNodeAffinity || meetsNodeAffinity(pod, one)) &&
          (!honourNodeTaints || NAIVE_RULES.taints!(pod, one, world)),
      );
      const domains = [...new Set(counted.map((one) => one.labels[topologyKey]))];
      const count = (domain: string | undefined) =>
        world.running.filter(
          (one) =>
            !one.pod.terminating &&
            one.pod.namespace === pod.namespace &&
            matches(selector, one.pod.labels) &&
            counted.some(({ name, labels }) => name === one.node && labels[topologyKey] === domain),
        ).length;
      const smallest =
        domains.length === 0 || (minDomains !== null && domains.length < minDomains)
          ? 0
          : Math.min(...domains.map(count));
      const self = matches(selector, pod.labels) ? 1 : 0;
      return count(node.labels[topologyKey]) + self - smallest <= maxSkew;
    }),
};

function tolerates(pod: SnapshotPod, taint: Taint): boolean {
  return pod.spec.tolerations.some((toleration) => {
    if (toleration.effect && toleration.effect !== taint.effect) return false;
    if (!toleration.key) return toleration.operator === 'Exists';
    if (toleration.key !== taint.key) return false;
    return toleration.operator === 'Exists' || toleration.value === taint.value;
  });
}

function meetsNodeAffinity(pod: SnapshotPod, node: NaiveNode): boolean {
  for (const key of Object.keys(pod.spec.nodeSelector))
    if (pod.spec.nodeSelector[key] !== node.labels[key]) return false;
  if (pod.spec.nodeAffinity === null) return true;
  return pod.spec.nodeAffinity.some(
    ({ matchExpressions }) => matchExpressions.length > 0 && matchExpressions.every((one) => holds(one, node.labels)),
  );
}

function selects(term: PodAffinityTerm, carrier: SnapshotPod, target: SnapshotPod): boolean {
  const namespaces = term.namespaces.length > 0 ? term.namespaces : [carrier.namespace];
  return namespaces.includes(target.namespace) && matches(term.selector, target.labels);
}

function sameDomain(key: string, a: NaiveNode, b: NaiveNode): boolean {
  return a.labels[key] !== undefined && a.labels[key] === b.labels[key];
}

function matches(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  if (selector === null) return false;
  for (const key of Object.keys(selector.matchLabels)) if (labels[key] !== selector.matchLabels[key]) return false;
  return selector.matchExpressions.every((one) => holds(one, labels));
}

function holds({ key, operator, values }: Expression, labels: Readonly<Record<string, string>>): boolean {
  const has = Object.hasOwn(labels, key);
  if (operator === 'Exists') return has;
  if (operator === 'DoesNotExist') return !has;
  if (operator === 'In') return has && values.some((value) => value === labels[key]);
  if (operator === 'NotIn') return !has || values.every((value) => value !== labels[key]);
  if (!has) return false;
  return operator === 'Gt' ? Number(labels[key]) > Number(values[0]) : Number(labels[key]) < Number(values[0]);
}
