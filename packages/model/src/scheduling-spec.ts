import { z } from 'zod';
import type { DeepReadonly } from './deep-readonly.ts';

/** What a pod, or a pod template, says about where it may run. Kubernetes API v1 PodSpec, projected to its rules. */

const expression = z.strictObject({
  key: z.string(),
  operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist', 'Gt', 'Lt']),
  values: z.array(z.string()),
});

/** null selects nothing, `{}` everything, as in the Kubernetes API. */
export const labelSelectorSchema = z
  .strictObject({ matchLabels: z.record(z.string(), z.string()), matchExpressions: z.array(expression) })
  .nullable();

export const nodeSelectorTermSchema = z.strictObject({
  matchExpressions: z.array(expression),
  matchFields: z.array(expression),
});

const toleration = z.strictObject({
  key: z.string().nullable(),
  operator: z.enum(['Exists', 'Equal']),
  value: z.string(),
  effect: z.string().nullable(),
});

const podAffinityTerm = z.strictObject({
  topologyKey: z.string(),
  selector: labelSelectorSchema,
  namespaces: z.array(z.string()),
  /** null: only `namespaces` (the pod's own when that is empty). */
  namespaceSelector: labelSelectorSchema,
  matchLabelKeys: z.array(z.string()),
  mismatchLabelKeys: z.array(z.string()),
});

const spreadConstraint = z.strictObject({
  topologyKey: z.string(),
  maxSkew: z.int().positive(),
  minDomains: z.int().positive().nullable(),
  selector: labelSelectorSchema,
  matchLabelKeys: z.array(z.string()),
  honourNodeAffinity: z.boolean(),
  honourNodeTaints: z.boolean(),
});

const weight = z.int().min(1).max(100);

/** What the scheduler heeds where it can; nothing is refused for it. */
const preferences = z.strictObject({
  nodes: z.array(z.strictObject({ weight, term: nodeSelectorTermSchema })),
  /** To be, or not to be, in one domain with other pods. */
  podAffinity: z.array(z.strictObject({ weight, term: podAffinityTerm })),
  podAntiAffinity: z.array(z.strictObject({ weight, term: podAffinityTerm })),
  /** `whenUnsatisfiable: ScheduleAnyway`. */
  topologySpread: z.array(spreadConstraint),
});

export const taintSchema = z.strictObject({ key: z.string(), value: z.string(), effect: z.string() });

export const schedulingSpecSchema = z.strictObject({
  nodeSelector: z.record(z.string(), z.string()),
  /** Required node affinity, terms joined by OR; null when there is none. */
  nodeAffinity: z.array(nodeSelectorTermSchema).nullable(),
  tolerations: z.array(toleration),
  podAffinity: z.array(podAffinityTerm),
  podAntiAffinity: z.array(podAffinityTerm),
  topologySpread: z.array(spreadConstraint),
  hostPorts: z.array(z.strictObject({ port: z.int(), protocol: z.string(), hostIP: z.string() })),
  schedulerName: z.string(),
  /** Absent where there are none. */
  preferences: preferences.exactOptional(),
});

export type Expression = DeepReadonly<z.infer<typeof expression>>;
export type LabelSelector = DeepReadonly<z.infer<typeof labelSelectorSchema>>;
export type NodeSelectorTerm = DeepReadonly<z.infer<typeof nodeSelectorTermSchema>>;
export type Toleration = DeepReadonly<z.infer<typeof toleration>>;
export type PodAffinityTerm = DeepReadonly<z.infer<typeof podAffinityTerm>>;
export type SpreadConstraint = DeepReadonly<z.infer<typeof spreadConstraint>>;
export type Preferences = DeepReadonly<z.infer<typeof preferences>>;
export type HostPort = DeepReadonly<z.infer<typeof schedulingSpecSchema>>['hostPorts'][number];
export type Taint = DeepReadonly<z.infer<typeof taintSchema>>;
export type SchedulingSpec = DeepReadonly<z.infer<typeof schedulingSpecSchema>>;

/** A specification that asks for nothing: the starting point of builders. */
export const UNCONSTRAINED: SchedulingSpec = {
  nodeSelector: {},
  nodeAffinity: null,
  tolerations: [],
  podAffinity: [],
  podAntiAffinity: [],
  topologySpread: [],
  hostPorts: [],
  schedulerName: 'default-scheduler',
};
