import type { ClusterChoice } from '@restow/kube';
import type { Gap, Snapshot } from '@restow/model';
import { apiObjectOf } from './api-list.ts';
import { COLLECTIONS, groupOf, unreadable } from './collections.ts';
import { ClusterProjection } from './project/cluster.ts';
import { Interner } from './project/interner.ts';
import { PodTexts } from './project/pod-texts.ts';

/**
 * The cluster as it is now, read from its API server; the same as from `kubectl get … -o json` but for where it came
 * from and when. Each page is projected as it comes. What may not be read, and what is not there, is a gap; nodes and
 * pods must be readable. Throws InputError without a usable kubeconfig, KubeApiError when the server does not answer.
 */
export async function liveSnapshot(choice: ClusterChoice, now: Date, signal: AbortSignal): Promise<Snapshot> {
  const { KubeApiError, KubeConnection, listPageTexts } = await import('@restow/kube');
  const connection = await KubeConnection.open(choice);
  try {
    const interner = new Interner();
    const projection = new ClusterProjection('live', interner);
    const podTexts = new PodTexts(interner);
    const gaps: Gap[] = [];
    for (const collection of COLLECTIONS) {
      const { kind, path } = collection;
      const group = groupOf(path);
      let count = 0;
      const add = (body: unknown) =>
        projection.add(apiObjectOf(body, kind, group, connection.server, `${path}[${count++}]`));
      try {
        for await (const page of listPageTexts(connection, path, { signal })) {
          const pods = kind === 'Pod' ? podTexts.split(page.text) : null;
          if (pods === null) for (const body of page.items()) add(body);
          for (const one of pods ?? []) {
            if ('body' in one) add(one.body);
            else if (one.pod !== null) {
              projection.put('Pod', one.pod);
              count++;
            }
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
