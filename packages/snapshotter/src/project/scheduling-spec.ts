import type {
  HostPort,
  PodAffinityTerm,
  Preferences,
  SchedulingSpec,
  SpreadConstraint,
  Toleration,
} from '@restow/model';
import type { RawPodAffinityTerm, RawPodSpec } from '../kubernetes/pod.ts';
import { projectNodeTerms, projectSelector, type Unknowns } from './selectors.ts';

/** The scheduling rules of a pod or pod template. */
export function projectSchedulingSpec(spec: RawPodSpec, unknowns: Unknowns): SchedulingSpec {
  const { affinity } = spec;
  const preferences = projectPreferences(spec);
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
    topologySpread: spreadsOf(spec, false).map((one) => projectSpread(one, unknowns)),
    hostPorts: projectHostPorts(spec),
    schedulerName: spec.schedulerName ?? 'default-scheduler',
    ...(preferences === null ? {} : { preferences }),
  };
}

/** What is not understood is not preferred: nothing is refused for it. null: there are none. */
function projectPreferences(spec: RawPodSpec): Preferences | null {
  const { affinity } = spec;
  const found: Preferences = {
    nodes: understood(affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution, (one, unknowns) => {
      return { weight: one.weight, term: projectNodeTerms([one.preference], unknowns)[0]! };
    }),
    podAffinity: understood(affinity?.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution, projectPreferred),
    podAntiAffinity: understood(
      affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution,
      projectPreferred,
    ),
    topologySpread: understood(spreadsOf(spec, true), projectSpread),
  };
  return Object.values(found).every(({ length }) => length === 0) ? null : found;
}

function projectPreferred(
  { weight, podAffinityTerm }: { weight: number; podAffinityTerm: RawPodAffinityTerm },
  unknowns: Unknowns,
) {
  return { weight, term: projectAffinityTerms([podAffinityTerm], unknowns)[0]! };
}

function understood<Raw extends object, Preference>(
  all: readonly Raw[] | null | undefined,
  project: (one: Raw, unknowns: Unknowns) => Preference,
): Preference[] {
  return (all ?? []).flatMap((one) => {
    const unknowns: Unknowns = [];
    const projected = project(one, unknowns);
    const isWeighed = !('weight' in one) || (Number(one.weight) >= 1 && Number(one.weight) <= 100);
    return unknowns.length === 0 && isWeighed ? [projected] : [];
  });
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

type RawSpread = NonNullable<RawPodSpec['topologySpreadConstraints']>[number];

function spreadsOf(spec: RawPodSpec, isPreferred: boolean): RawSpread[] {
  const all = spec.topologySpreadConstraints ?? [];
  return all.filter(({ whenUnsatisfiable }) => (whenUnsatisfiable === 'ScheduleAnyway') === isPreferred);
}

function projectSpread(constraint: RawSpread, unknowns: Unknowns): SpreadConstraint {
  return {
    topologyKey: constraint.topologyKey,
    maxSkew: constraint.maxSkew,
    minDomains: constraint.minDomains ?? null,
    selector: projectSelector(constraint.labelSelector, unknowns),
    matchLabelKeys: constraint.matchLabelKeys ?? [],
    honourNodeAffinity: constraint.nodeAffinityPolicy !== 'Ignore',
    honourNodeTaints: constraint.nodeTaintsPolicy === 'Honor',
  };
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
