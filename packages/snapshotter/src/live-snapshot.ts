import type { ClusterChoice } from '@restow/kube';
import type { Gap, Snapshot } from '@restow/model';
import { type ApiObject, apiObjectOf } from './api-list.ts';
import { projectCluster } from './project/cluster.ts';

interface Collection {
  readonly kind: string;
  readonly path: string;
  /** An API that a cluster need not have. */
  readonly optional?: true;
}

/** What is read, in this order: pods after nodes, so that no pod's node is unheard of. */
const COLLECTIONS: readonly Collection[] = [
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
  { kind: 'Namespace', path: '/api/v1/namespaces' },
  { kind: 'NodePool', path: '/apis/karpenter.sh/v1/nodepools', optional: true },
  { kind: 'NodeClaim', path: '/apis/karpenter.sh/v1/nodeclaims', optional: true },
];

const FORBIDDEN = 403;
const NOT_FOUND = 404;

/**
 * The cluster as it is now, read from its API server; the same as from `kubectl get … -o json` but for where it came
 * from and when. What may not be read, and what is not there, is a gap; nodes and pods must be readable. Throws
 * InputError without a usable kubeconfig, KubeApiError when the server does not answer.
 */
export async function liveSnapshot(choice: ClusterChoice, now: Date, signal: AbortSignal): Promise<Snapshot> {
  const { KubeApiError, KubeConnection, listPages } = await import('@restow/kube');
  const connection = await KubeConnection.open(choice);
  try {
    const objects: ApiObject[] = [];
    const gaps: Gap[] = [];
    for (const { kind, path, optional } of COLLECTIONS) {
      const group = path.startsWith('/apis/') ? path.split('/')[2]! : '';
      try {
        for await (const page of listPages(connection, path, { signal })) {
          for (const body of page) {
            // Who changed which field is a third of an object, and nothing that is asked for here.
            delete (body as { metadata?: { managedFields?: unknown } }).metadata?.managedFields;
            objects.push(apiObjectOf(body, kind, group, connection.server, `${path}[${objects.length}]`));
          }
        }
      } catch (error) {
        if (!(error instanceof KubeApiError) || kind === 'Node' || kind === 'Pod') throw error;
        if (error.status === NOT_FOUND && optional) continue;
        if (error.status !== FORBIDDEN && error.status !== NOT_FOUND) throw error;
        const what =
          error.status === FORBIDDEN ? 'may not be read with these credentials' : 'are not served by this cluster';
        gaps.push({
          code: `unreadable-${kind.toLowerCase()}`,
          message: `objects of kind ${kind} ${what}`,
          count: 1,
          examples: [path],
        });
      }
    }
    const snapshot = projectCluster(objects, 'live');
    return {
      ...snapshot,
      metadata: { ...snapshot.metadata, takenAt: now.toISOString() },
      gaps: [...gaps, ...snapshot.gaps],
    };
  } finally {
    await connection.close();
  }
}
