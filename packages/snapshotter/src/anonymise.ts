import { createHmac } from 'node:crypto';
import {
  LABEL,
  type LabelSelector,
  type NodeSelectorTerm,
  type OwnerReference,
  type Preferences,
  PUBLIC_VALUE_LABELS,
  type SchedulingSpec,
  type Snapshot,
} from '@restow/model';

type Hide = (text: string) => string;
type Labels = Readonly<Record<string, string>>;

/**
 * The same cluster with every name, UID, label value and annotation replaced by a keyed hash, equal ones by equal ones,
 * so that selectors go on selecting what they selected. Label keys stay, and so do values from public vocabularies
 * (machine types, zones, architectures, capacity types), without which nothing can be priced. A value that is compared
 * by `Gt` or `Lt` would lose its meaning, so values of such keys stay when they are whole numbers.
 */
export function anonymise(snapshot: Snapshot, key: Uint8Array): Snapshot {
  const hide: Hide = (text) =>
    text === '' ? '' : `h${createHmac('sha256', key).update(text).digest('hex').slice(0, 16)}`;
  const compared = comparedKeys(snapshot);
  const value = (labelKey: string, text: string) =>
    PUBLIC_VALUE_LABELS.has(labelKey) || (compared.has(labelKey) && /^-?\d+$/.test(text)) ? text : hide(text);
  const labels = (all: Labels): Record<string, string> =>
    Object.fromEntries(Object.entries(all).map(([labelKey, text]) => [labelKey, value(labelKey, text)]));
  const term = (all: NodeSelectorTerm): NodeSelectorTerm => ({
    matchExpressions: all.matchExpressions.map((e) => ({ ...e, values: e.values.map((text) => value(e.key, text)) })),
    matchFields: all.matchFields.map((e) => ({ ...e, values: e.values.map(hide) })),
  });
  const selector = (all: LabelSelector): LabelSelector =>
    all === null
      ? null
      : { matchLabels: labels(all.matchLabels), matchExpressions: term({ ...all, matchFields: [] }).matchExpressions };
  const reference = (owner: OwnerReference | null): OwnerReference | null =>
    owner === null ? null : { ...owner, name: hide(owner.name), uid: hide(owner.uid) };
  const taint = <T extends { key: string; value: string }>(all: T): T => ({ ...all, value: value(all.key, all.value) });
  const spec = (all: SchedulingSpec): SchedulingSpec => ({
    ...all,
    nodeSelector: labels(all.nodeSelector),
    nodeAffinity: all.nodeAffinity?.map(term) ?? null,
    tolerations: all.tolerations.map((toleration) => ({
      ...toleration,
      value: value(toleration.key ?? '', toleration.value),
    })),
    podAffinity: all.podAffinity.map(affinity),
    podAntiAffinity: all.podAntiAffinity.map(affinity),
    topologySpread: all.topologySpread.map((constraint) => ({
      ...constraint,
      selector: selector(constraint.selector),
    })),
    hostPorts: all.hostPorts.map((port) => ({
      ...port,
      hostIP: port.hostIP === '0.0.0.0' ? port.hostIP : hide(port.hostIP),
    })),
    ...(all.preferences === undefined ? {} : { preferences: preferences(all.preferences) }),
    schedulerName: all.schedulerName === 'default-scheduler' ? all.schedulerName : hide(all.schedulerName),
  });
  const preferences = (all: Preferences): Preferences => ({
    nodes: all.nodes.map((one) => ({ ...one, term: term(one.term) })),
    podAffinity: all.podAffinity.map((one) => ({ ...one, term: affinity(one.term) })),
    podAntiAffinity: all.podAntiAffinity.map((one) => ({ ...one, term: affinity(one.term) })),
    topologySpread: all.topologySpread.map((one) => ({ ...one, selector: selector(one.selector) })),
  });
  const affinity = (all: SchedulingSpec['podAffinity'][number]) => ({
    ...all,
    selector: selector(all.selector),
    namespaces: all.namespaces.map(hide),
    namespaceSelector: selector(all.namespaceSelector),
  });

  return {
    ...snapshot,
    metadata: {
      ...snapshot.metadata,
      cluster: snapshot.metadata.cluster === null ? null : hide(snapshot.metadata.cluster),
      anonymised: true,
    },
    nodes: snapshot.nodes.map((node) => ({
      ...node,
      name: hide(node.name),
      uid: hide(node.uid),
      labels: {
        ...labels(node.labels),
        ...(LABEL.hostname in node.labels ? { [LABEL.hostname]: hide(node.labels[LABEL.hostname]!) } : {}),
      },
      taints: node.taints.map(taint),
      providerId: node.providerId === null ? null : hide(node.providerId),
      group: node.group === null ? null : hide(node.group),
      doNotDisrupt: hideAnnotation(node.doNotDisrupt),
    })),
    pods: snapshot.pods.map((pod) => ({
      ...pod,
      namespace: hide(pod.namespace),
      name: hide(pod.name),
      uid: hide(pod.uid),
      labels: labels(pod.labels),
      node: pod.node === null ? null : hide(pod.node),
      owner: reference(pod.owner),
      spec: spec(pod.spec),
      doNotDisrupt: hideAnnotation(pod.doNotDisrupt),
      localVolumes: pod.localVolumes.map(hide),
      claims: pod.claims.map(hide),
      resourceClaims: pod.resourceClaims.map(hide),
    })),
    podDisruptionBudgets: snapshot.podDisruptionBudgets.map((pdb) => ({
      ...pdb,
      namespace: hide(pdb.namespace),
      name: hide(pdb.name),
      selector: selector(pdb.selector),
    })),
    persistentVolumes: snapshot.persistentVolumes.map((volume) => ({
      ...volume,
      name: hide(volume.name),
      nodeAffinity: volume.nodeAffinity?.map(term) ?? null,
    })),
    persistentVolumeClaims: snapshot.persistentVolumeClaims.map((claim) => ({
      namespace: hide(claim.namespace),
      name: hide(claim.name),
      volume: claim.volume === null ? null : hide(claim.volume),
      storageClass: claim.storageClass === null ? null : hide(claim.storageClass),
    })),
    storageClasses: snapshot.storageClasses.map((storageClass) => ({ ...storageClass, name: hide(storageClass.name) })),
    csiNodes: snapshot.csiNodes.map((csiNode) => ({ ...csiNode, node: hide(csiNode.node) })),
    priorityClasses: snapshot.priorityClasses.map((priority) => ({ ...priority, name: hide(priority.name) })),
    autoscalers: snapshot.autoscalers.map(({ namespace, name, target }) => ({
      namespace: hide(namespace),
      name: hide(name),
      target: { ...target, name: hide(target.name) },
    })),
    podUsage:
      snapshot.podUsage?.map(({ namespace, name, memoryBytes }) => ({
        namespace: hide(namespace),
        name: hide(name),
        memoryBytes,
      })) ?? null,
    owners: snapshot.owners.map((owner) => ({
      ...owner,
      namespace: hide(owner.namespace),
      name: hide(owner.name),
      uid: hide(owner.uid),
      owner: reference(owner.owner),
      daemon: owner.daemon === null ? null : { ...owner.daemon, spec: spec(owner.daemon.spec) },
    })),
    namespaces:
      snapshot.namespaces?.map(({ name, labels: all }) => ({ name: hide(name), labels: labels(all) })) ?? null,
    nodePools: snapshot.nodePools.map((pool) => ({
      ...pool,
      name: hide(pool.name),
      labels: labels(pool.labels),
      taints: pool.taints.map(taint),
      startupTaints: pool.startupTaints.map(taint),
      requirements: pool.requirements.map((e) => ({ ...e, values: e.values.map((text) => value(e.key, text)) })),
    })),
    nodeClaims: snapshot.nodeClaims.map((claim) => ({
      name: hide(claim.name),
      nodePool: claim.nodePool === null ? null : hide(claim.nodePool),
      node: claim.node === null ? null : hide(claim.node),
      providerId: claim.providerId === null ? null : hide(claim.providerId),
    })),
    gaps: snapshot.gaps.map((gap) => ({
      ...gap,
      examples: gap.examples.map((text) => text.split('/').map(hide).join('/')),
    })),
  };
}

/** `key=value` of a protecting annotation: the key says all that the planner needs. */
function hideAnnotation(annotation: string | null): string | null {
  return annotation === null ? null : annotation.replace(/=.*$/, '=(hidden)');
}

function comparedKeys(snapshot: Snapshot): Set<string> {
  const keys = new Set<string>();
  const note = (terms: readonly NodeSelectorTerm[] | null) => {
    for (const { matchExpressions } of terms ?? []) {
      for (const { key, operator } of matchExpressions) if (operator === 'Gt' || operator === 'Lt') keys.add(key);
    }
  };
  for (const { spec } of snapshot.pods) {
    note(spec.nodeAffinity);
    note(spec.preferences?.nodes.map(({ term }) => term) ?? null);
  }
  for (const owner of snapshot.owners) note(owner.daemon?.spec.nodeAffinity ?? null);
  for (const pool of snapshot.nodePools) {
    for (const { key, operator } of pool.requirements) if (operator === 'Gt' || operator === 'Lt') keys.add(key);
  }
  return keys;
}
