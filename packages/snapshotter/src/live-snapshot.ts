import type { ClusterChoice } from '@restow/kube';
import type { Gap, Snapshot } from '@restow/model';
import { apiObjectOf } from './api-list.ts';
import { COLLECTIONS, groupOf, unreadable } from './collections.ts';
import { ClusterProjection } from './project/cluster.ts';
import { Interner } from './project/interner.ts';

/**
 * The cluster as it is now, read from its API server; the same as from `kubectl get … -o json` but for where it came
 * from and when. Each page is projected as it comes. What may not be read, and what is not there, is a gap; nodes and
 * pods must be readable. Throws InputError without a usable kubeconfig, KubeApiError when the server does not answer.
 */
export async function liveSnapshot(choice: ClusterChoice, now: Date, signal: AbortSignal): Promise<Snapshot> {
  const { KubeApiError, KubeConnection, listPages } = await import('@restow/kube');
  const connection = await KubeConnection.open(choice);
  try {
    const projection = new ClusterProjection('live', new Interner());
    const gaps: Gap[] = [];
    for (const collection of COLLECTIONS) {
      const { kind, path } = collection;
      const group = groupOf(path);
      let count = 0;
      try {
        for await (const { items } of listPages(connection, path, { signal })) {
          for (const body of items) {
            projection.add(apiObjectOf(body, kind, group, connection.server, `${path}[${count++}]`));
          }
        }
      } catch (error) {
        const missing = error instanceof KubeApiError ? unreadable(collection, error.status) : null;
        if (missing === null) throw error;
        if (missing.gap !== null) gaps.push(missing.gap);
      }
    }
    const snapshot = projection.snapshot();
    return {
      ...snapshot,
      metadata: { ...snapshot.metadata, takenAt: now.toISOString() },
      gaps: [...gaps, ...snapshot.gaps],
    };
  } finally {
    await connection.close();
  }
}
