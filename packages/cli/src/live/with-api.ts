import { type ClusterChoice, KubeApi, KubeConnection } from '@restow/kube';
import { FIELD_MANAGER } from './open-cluster.ts';

export interface ApiUse {
  readonly choice: ClusterChoice;
  /** What the API server is told who asks: `restow doctor`. */
  readonly userAgent: string;
  readonly limitMs: number;
  /** Nothing is changed. */
  readonly dryRun?: boolean;
}

/** Works with the cluster's API outside of any run, and closes the connection after it. */
export async function withApi<Result>(
  { choice, userAgent, limitMs, dryRun = false }: ApiUse,
  work: (api: KubeApi, signal: AbortSignal, connection: KubeConnection) => Promise<Result>,
): Promise<Result> {
  const connection = await KubeConnection.open(choice, userAgent);
  try {
    const api = new KubeApi(connection, { fieldManager: FIELD_MANAGER, dryRun, fence: () => {} });
    return await work(api, AbortSignal.timeout(limitMs), connection);
  } finally {
    await connection.close();
  }
}
