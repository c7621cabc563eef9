import type { HostPort, PodAffinityTerm, SchedulingSpec, SpreadConstraint, Toleration } from '@restow/model';
import type { RawPodAffinityTerm, RawPodSpec } from '../kubernetes/pod.ts';
import { projectNodeTerms, projectSelector, type Unknowns } from './selectors.ts';

/** The hard scheduling rules of a pod or pod template. Soft ones are not projected yet. */
export function projectSchedulingSpec(spec: RawPodSpec, unknowns: Unknowns): SchedulingSpec {
  const { affinity } = spec;
  const nodeTerms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return {
    nodeSelector: spec.nodeSelector ?? {},
    nodeAffinity: nodeTerms ? projectNodeTerms(nodeTerms, unknowns) : null,
    tolerations: projectTolerations(spec, unknowns),
    podAffinity: projectAffinityTerms(affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution, unknowns),
    podAntiAffinity: projectAffinityTerms(
      affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
      unknowns,
    ),
    topologySpread: projectSpread(spec, unknowns),
    hostPorts: projectHostPorts(spec),
    schedulerName: spec.schedulerName ?? 'default-scheduler',
  };
}

function projectTolerations(spec: RawPodSpec, unknowns: Unknowns): Toleration[] {
  return (spec.tolerations ?? []).map(({ key, operator, value, effect }) => {
    const kind = operator || 'Equal';
    if (kind !== 'Exists' && kind !== 'Equal') unknowns.push(`toleration operator ${kind}`);
    return {
      key: key ?? null,
      operator: kind === 'Exists' ? 'Exists' : 'Equal',
      value: value ?? '',
      effect: effect ?? null,
    };
  });
}

function projectAffinityTerms(
  terms: readonly RawPodAffinityTerm[] | null | undefined,
  unknowns: Unknowns,
): PodAffinityTerm[] {
  return (terms ?? []).map((term) => ({
    topologyKey: term.topologyKey,
    selector: projectSelector(term.labelSelector, unknowns),
    namespaces: term.namespaces ?? [],
    namespaceSelector: projectSelector(term.namespaceSelector, unknowns),
    matchLabelKeys: term.matchLabelKeys ?? [],
    mismatchLabelKeys: term.mismatchLabelKeys ?? [],
  }));
}

function projectSpread(spec: RawPodSpec, unknowns: Unknowns): SpreadConstraint[] {
  return (spec.topologySpreadConstraints ?? [])
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable !== 'ScheduleAnyway')
    .map((constraint) => ({
      topologyKey: constraint.topologyKey,
      maxSkew: constraint.maxSkew,
      minDomains: constraint.minDomains ?? null,
      selector: projectSelector(constraint.labelSelector, unknowns),
      matchLabelKeys: constraint.matchLabelKeys ?? [],
      honourNodeAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
      honourNodeTaints: constraint.nodeTaintsPolicy === 'Honor',
    }));
}

function projectHostPorts(spec: RawPodSpec): HostPort[] {
  const ports: HostPort[] = [];
  for (const container of [...(spec.initContainers ?? []), ...spec.containers]) {
    for (const { hostPort, protocol, hostIP } of container.ports ?? []) {
      if (hostPort) ports.push({ port: hostPort, protocol: protocol ?? 'TCP', hostIP: hostIP ?? '' });
    }
  }
  return ports;
}
