import {
  type CapacityType,
  LABEL,
  type Policy,
  type SchedulingSpec,
  type SnapshotNode,
  type SnapshotPod,
} from '@restow/model';
import { parseLabelSelector } from '../label-selector.ts';
import { isInScope, type PodScope } from './pod-scope.ts';

/**
 * What a pod may run on beyond the scheduler's rules: an image of one architecture "fits" everywhere for the scheduler
 * and crashes. So a pod keeps the architecture, system and capacity type that it runs on, plus those that its own
 * selectors name, plus those that the policy allows.
 */
export interface Kept {
  readonly architectures: readonly string[];
  readonly operatingSystems: readonly string[];
  readonly capacityTypes: readonly string[];
}

export function keptOf(pod: SnapshotPod, node: SnapshotNode, policy: Policy): Kept {
  const { pods } = policy;
  const { spec } = pod;
  const types = [...pods.capacityTypes, ...alsoOn(pod, policy)];
  return {
    architectures: allowed(node.arch, namedValues(spec, [LABEL.arch]), pods.architectures),
    operatingSystems: allowed(node.os, namedValues(spec, [LABEL.os]), pods.operatingSystems),
    capacityTypes: allowed(node.capacityType, capacityTypesNamed(spec), types),
  };
}

/** Why a machine is refused, or null. */
export function keepRefusal(
  kept: Kept,
  machine: { readonly arch: string; readonly os: string; readonly capacityType: CapacityType },
): string | null {
  if (!kept.architectures.includes(machine.arch)) {
    return `it runs on ${kept.architectures.join(' or ')}, this is ${machine.arch} (policy pods.architectures)`;
  }
  if (!kept.operatingSystems.includes(machine.os)) {
    return `it runs on ${kept.operatingSystems.join(' or ')}, this is ${machine.os} (policy pods.operatingSystems)`;
  }
  if (!kept.capacityTypes.includes(machine.capacityType)) {
    return `it runs on ${kept.capacityTypes.join(' or ')}, this is ${machine.capacityType} (policy pods.capacityTypes)`;
  }
  return null;
}

/** Selectors are read once for each policy. */
const READ = new WeakMap<Policy, readonly AlsoOn[]>();

interface AlsoOn extends PodScope {
  readonly capacityTypes: readonly CapacityType[];
}

function alsoOn(pod: SnapshotPod, policy: Policy): CapacityType[] {
  let known = READ.get(policy);
  if (known === undefined) {
    known = policy.pods.alsoOn.map(({ pods, ...rest }) => ({ ...rest, selector: parseLabelSelector(pods) }));
    READ.set(policy, known);
  }
  return known.flatMap((entry) => (isInScope(pod, entry) ? entry.capacityTypes : []));
}

function allowed(now: string, named: readonly string[], policy: readonly string[]): string[] {
  return [...new Set([now, ...named, ...policy])].sort();
}

function namedValues(spec: SchedulingSpec, keys: readonly string[]): string[] {
  const values: string[] = [];
  for (const key of keys) {
    const value = spec.nodeSelector[key];
    if (value !== undefined) values.push(value);
  }
  for (const term of spec.nodeAffinity ?? []) {
    for (const { key, operator, values: named } of term.matchExpressions) {
      if (operator === 'In' && keys.includes(key)) values.push(...named);
    }
  }
  return values;
}

function capacityTypesNamed(spec: SchedulingSpec): string[] {
  return namedValues(spec, [LABEL.karpenterCapacityType, LABEL.eksCapacityType]).map((value) =>
    value.toLowerCase().replace('_', '-'),
  );
}
