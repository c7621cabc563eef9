/** Label keys with a meaning that restow acts on. Sources: kubernetes.io well-known labels, Karpenter, EKS, GKE docs. */
export const LABEL = {
  hostname: 'kubernetes.io/hostname',
  arch: 'kubernetes.io/arch',
  os: 'kubernetes.io/os',
  instanceType: 'node.kubernetes.io/instance-type',
  instanceTypeBeta: 'beta.kubernetes.io/instance-type',
  zone: 'topology.kubernetes.io/zone',
  zoneBeta: 'failure-domain.beta.kubernetes.io/zone',
  region: 'topology.kubernetes.io/region',
  regionBeta: 'failure-domain.beta.kubernetes.io/region',
  karpenterCapacityType: 'karpenter.sh/capacity-type',
  karpenterNodePool: 'karpenter.sh/nodepool',
  eksCapacityType: 'eks.amazonaws.com/capacityType',
  eksNodeGroup: 'eks.amazonaws.com/nodegroup',
  eksctlNodeGroup: 'alpha.eksctl.io/nodegroup-name',
  gkeSpot: 'cloud.google.com/gke-spot',
  gkePreemptible: 'cloud.google.com/gke-preemptible',
  gkeNodePool: 'cloud.google.com/gke-nodepool',
  kopsInstanceGroup: 'kops.k8s.io/instancegroup',
  /** On nodes that restow launches by itself: the policy template they come from, or `plain`. */
  restowTemplate: 'restow.dev/template',
  /** On nodes that have an agent: `true`. */
  restowAgent: 'restow.dev/agent',
  controlPlane: 'node-role.kubernetes.io/control-plane',
  controlPlaneOld: 'node-role.kubernetes.io/master',
} as const;

/** What pods use of a node's memory, as measured: counted beside Kubernetes' own resources. */
export const MEASURED_MEMORY = 'restow.dev/measured-memory';

/** The soft taint (`PreferNoSchedule`) on nodes that shall not take pods while a run goes on, unless no other can. */
export const UNPREFERRED_TAINT = 'restow.dev/unpreferred';
/** Annotations by which autoscalers leave a node alone. */
export const PROTECTIONS = [
  'karpenter.sh/do-not-disrupt',
  'cluster-autoscaler.kubernetes.io/scale-down-disabled',
] as const;
/** On a pod that was told its node when it was made: which. */
export const STEERED_ANNOTATION = 'restow.dev/steered';
/** On nodes that a run builds on: which of PROTECTIONS it has set, and takes off again, separated by commas. */
export const PROTECTED_ANNOTATION = 'restow.dev/protected';

/**
 * Keys whose values come from a public vocabulary (machine types, zones, architectures …) and are needed to price and
 * to place; `--anonymise` keeps these values and hides all others.
 */
export const PUBLIC_VALUE_LABELS: ReadonlySet<string> = new Set<string>([
  LABEL.arch,
  LABEL.os,
  LABEL.instanceType,
  LABEL.instanceTypeBeta,
  LABEL.zone,
  LABEL.zoneBeta,
  LABEL.region,
  LABEL.regionBeta,
  LABEL.karpenterCapacityType,
  LABEL.eksCapacityType,
  LABEL.gkeSpot,
  LABEL.gkePreemptible,
  'karpenter.k8s.aws/instance-family',
  'karpenter.k8s.aws/instance-category',
  'karpenter.k8s.aws/instance-generation',
  'karpenter.k8s.aws/instance-size',
  'karpenter.k8s.aws/instance-cpu',
]);

/** What a run has learned must stay is read as if it were annotated so, whatever else the policy lets move. */
export const STAYS_MARK = 'restow.dev/stays=true';
