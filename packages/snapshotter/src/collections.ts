import type { Kind } from './project/kinds.ts';

export interface CollectionOfKind {
  readonly kind: Kind;
  readonly path: string;
  /** An API that a cluster need not have. */
  readonly optional?: true;
  /** Measured anew for whoever asks. */
  readonly watch?: false;
}

/** What is read, in this order: pods after nodes, so that no pod's node is unheard of. */
export const COLLECTIONS: readonly CollectionOfKind[] = [
  { kind: 'Node', path: '/api/v1/nodes' },
  { kind: 'Pod', path: '/api/v1/pods' },
  { kind: 'PodDisruptionBudget', path: '/apis/policy/v1/poddisruptionbudgets' },
  { kind: 'PersistentVolume', path: '/api/v1/persistentvolumes' },
  { kind: 'PersistentVolumeClaim', path: '/api/v1/persistentvolumeclaims' },
  { kind: 'StorageClass', path: '/apis/storage.k8s.io/v1/storageclasses' },
  { kind: 'CSINode', path: '/apis/storage.k8s.io/v1/csinodes' },
  { kind: 'PriorityClass', path: '/apis/scheduling.k8s.io/v1/priorityclasses' },
  { kind: 'ReplicaSet', path: '/apis/apps/v1/replicasets' },
  { kind: 'Deployment', path: '/apis/apps/v1/deployments' },
  { kind: 'StatefulSet', path: '/apis/apps/v1/statefulsets' },
  { kind: 'DaemonSet', path: '/apis/apps/v1/daemonsets' },
  { kind: 'Job', path: '/apis/batch/v1/jobs' },
  { kind: 'HorizontalPodAutoscaler', path: '/apis/autoscaling/v2/horizontalpodautoscalers' },
  { kind: 'Namespace', path: '/api/v1/namespaces' },
  { kind: 'PodMetrics', path: '/apis/metrics.k8s.io/v1beta1/pods', optional: true, watch: false },
  { kind: 'NodePool', path: '/apis/karpenter.sh/v1/nodepools', optional: true },
  { kind: 'NodeClaim', path: '/apis/karpenter.sh/v1/nodeclaims', optional: true },
];

const FORBIDDEN = 403;
const NOT_FOUND = 404;

/** What it means that a collection cannot be read: a gap, nothing at all, or null where it is an error. */
export function unreadable({ kind, path, optional }: CollectionOfKind, status: number | null) {
  if (kind === 'Node' || kind === 'Pod') return null;
  if (status === NOT_FOUND && optional) return { gap: null };
  if (status !== FORBIDDEN && status !== NOT_FOUND) return null;
  const what = status === FORBIDDEN ? 'may not be read with these credentials' : 'are not served by this cluster';
  const message = `objects of kind ${kind} ${what}`;
  return { gap: { code: `unreadable-${kind.toLowerCase()}`, message, count: 1, examples: [path] } };
}

/** The API group of a collection's path. */
export function groupOf(path: string): string {
  return path.startsWith('/apis/') ? path.split('/')[2]! : '';
}
