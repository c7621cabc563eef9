import { type CapacityType, LABEL, type Policy, type SchedulingSpec, type Snapshot } from '@restow/model';
import type { PlanRequest } from '../make-plan.ts';

type Change = (request: PlanRequest) => PlanRequest;

const launching =
  (change: Partial<Policy['launch']>): Change =>
  (request) => {
    const { policy } = request;
    return { ...request, policy: { ...policy, launch: { ...policy.launch, ...change } } };
  };

const moving =
  (change: Partial<Policy['pods']>): Change =>
  (request) => {
    const { policy } = request;
    return { ...request, policy: { ...policy, pods: { ...policy.pods, ...change } } };
  };

/** Pods may go there, node pools and templates may launch it: a pod that asks for something else itself still does. */
function admitting(key: string, value: string, pods: (policy: Policy['pods']) => Policy['pods']): Change {
  return (request) => {
    const { policy, snapshot } = request;
    const nodePools = snapshot.nodePools.map((pool) => ({
      ...pool,
      requirements: pool.requirements.map((one) => (one.key === key ? admit(one, value) : one)),
    }));
    const templates = policy.templates.map((template) =>
      key === LABEL.karpenterCapacityType
        ? { ...template, capacityTypes: [...template.capacityTypes, value as CapacityType] }
        : template,
    );
    return {
      ...request,
      snapshot: { ...snapshot, nodePools },
      policy: { ...policy, templates, pods: pods(policy.pods) },
    };
  };
}

type Requirement = Snapshot['nodePools'][number]['requirements'][number];

function admit(requirement: Requirement, value: string): Requirement {
  const { operator, values } = requirement;
  if (operator === 'In') return { ...requirement, values: [...new Set([...values, value])] };
  return operator === 'NotIn' ? { ...requirement, values: values.filter((one) => one !== value) } : requirement;
}

const architecture = (value: string) =>
  admitting(LABEL.arch, value, (pods) => ({ ...pods, architectures: [...pods.architectures, value] }));
const capacityType = (value: CapacityType) =>
  admitting(LABEL.karpenterCapacityType, value, (pods) => ({ ...pods, capacityTypes: [...pods.capacityTypes, value] }));

/** What policy, node pools and templates can allow, by the names that people use. */
const ALLOW = {
  amd64: architecture('amd64'),
  arm64: architecture('arm64'),
  'on-demand': capacityType('on-demand'),
  spot: capacityType('spot'),
  reserved: capacityType('reserved'),
  burstable: launching({ burstable: true }),
  'previous-generation': launching({ previousGeneration: true }),
  'bare-metal': launching({ bareMetal: true }),
  gpu: launching({ gpuForPodsWithoutGpu: true }),
  'local-data': moving({ moveLocalData: true }),
  jobs: moving({ moveJobs: true }),
  protected: moving({ moveProtected: true }),
} as const satisfies Readonly<Record<string, Change>>;

/** What pods ask for in their own specs, by the rule that checks it. */
const WITHOUT = {
  'node-affinity': { nodeSelector: {}, nodeAffinity: null },
  'pod-affinity': { podAffinity: [] },
  'pod-anti-affinity': { podAntiAffinity: [] },
  'topology-spread': { topologySpread: [] },
} as const satisfies Readonly<Record<string, Partial<SchedulingSpec>>>;

export type Allowable = keyof typeof ALLOW;
export type LiftableRule = keyof typeof WITHOUT;
export const ALLOWABLE = Object.keys(ALLOW) as readonly Allowable[];
export const LIFTABLE_RULES = Object.keys(WITHOUT) as readonly LiftableRule[];

/** One constraint that is looked at as if it were not there. */
export type Lift =
  | { readonly kind: 'allow'; readonly what: Allowable }
  | { readonly kind: 'budget'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'rule'; readonly rule: LiftableRule };

export function nameOfLift(lift: Lift): string {
  if (lift.kind === 'allow') return `allow ${lift.what}`;
  return lift.kind === 'rule' ? `without ${lift.rule}` : `without PodDisruptionBudget ${lift.namespace}/${lift.name}`;
}

/** The request as it would be: whatever was valid before is valid then. */
export function lifted(request: PlanRequest, lift: Lift): PlanRequest {
  const { snapshot } = request;
  switch (lift.kind) {
    case 'allow':
      return ALLOW[lift.what](request);
    case 'budget': {
      const podDisruptionBudgets = snapshot.podDisruptionBudgets.filter(
        ({ namespace, name }) => namespace !== lift.namespace || name !== lift.name,
      );
      return { ...request, snapshot: { ...snapshot, podDisruptionBudgets } };
    }
    case 'rule': {
      const pods = snapshot.pods.map((pod) => ({ ...pod, spec: { ...pod.spec, ...WITHOUT[lift.rule] } }));
      return { ...request, snapshot: { ...snapshot, pods } };
    }
  }
}
