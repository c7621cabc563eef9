import { KubeApi, KubeConnection } from '@restow/kube';
import { WebhookSteering } from '@restow/migration';
import { type Access, lacking } from '../live/access.ts';
import { type LiveMoves, openLiveMoves } from '../live/live-moves.ts';
import { FIELD_MANAGER } from '../live/open-cluster.ts';
import { clusterChoice } from '../read-cluster.ts';
import { renderColumns } from '../render/columns.ts';

export interface DoctorOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly output: 'table' | 'json';
}

interface Finding {
  readonly node: string;
  readonly method: string;
  /** Empty: it can. */
  readonly reasons: readonly string[];
}

const LIMIT_MS = 120_000;

const NEEDED: Readonly<Record<string, readonly Access[]>> = {
  evict: [{ verb: 'create', group: '', resource: 'pods', subresource: 'eviction' }],
  surge: [
    { verb: 'patch', group: 'apps', resource: 'deployments', subresource: 'scale' },
    { verb: 'patch', group: '', resource: 'pods' },
  ],
  live: [
    { verb: 'delete', group: '', resource: 'pods' },
    { verb: 'get', group: '', resource: 'secrets', namespace: 'kube-system' },
    { verb: 'create', group: '', resource: 'configmaps', namespace: 'kube-system' },
  ],
};
const CORDON: Access = { verb: 'patch', group: '', resource: 'nodes' };

/** Says for each node by which methods pods can leave it and come to it, and every reason why not. Changes nothing. */
export async function runDoctor(options: DoctorOptions): Promise<number> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const connection = await KubeConnection.open(clusterChoice(options.kubeconfig, options.context), 'restow doctor');
  let live: LiveMoves | null = null;
  try {
    const api = new KubeApi(connection, { fieldManager: FIELD_MANAGER, dryRun: false, fence: () => {} });
    const nodes = (await api.list('/api/v1/nodes', signal)).map(({ metadata }) => metadata.name).sort();
    const cordon = await lacking(api, [CORDON], signal);
    const denied = new Map<string, readonly string[]>();
    for (const [method, needed] of Object.entries(NEEDED)) {
      denied.set(method, [...cordon, ...(await lacking(api, needed, signal))]);
    }
    live = await openLiveMoves(api, () => {}, signal);
    const findings: Finding[] = [];
    for (const node of nodes) {
      for (const [method, reasons] of denied) {
        const own = method === 'live' ? await whyNotLive(live, node, signal) : [];
        findings.push({ node, method, reasons: [...reasons, ...own] });
      }
    }
    const isSteered = await new WebhookSteering(api, Date.now).isThere(signal);
    const notes = isSteered ? [] : ['no webhook is registered: pods are steered by cordoning every other node'];
    process.stdout.write(
      options.output === 'json' ? `${JSON.stringify({ findings, notes }, null, 2)}\n` : table(findings, notes),
    );
    return 0;
  } finally {
    live?.agents.close();
    await connection.close();
  }
}

async function whyNotLive(live: LiveMoves | null, node: string, signal: AbortSignal): Promise<readonly string[]> {
  if (live === null) return ['this cluster has no agents (restow certificate makes their authority)'];
  try {
    const agent = await live.agents.of(node, signal);
    return agent === null ? ['it has no address'] : (await agent.report(signal)).blockers;
  } catch (error) {
    return [`its agent does not answer: ${(error as Error).message}`];
  }
}

function table(findings: readonly Finding[], notes: readonly string[]): string {
  const rows = findings.map(({ node, method, reasons }) => [
    node,
    method,
    reasons.length === 0 ? 'can' : 'cannot',
    reasons.join('; '),
  ]);
  return `${renderColumns([['NODE', 'METHOD', 'ANSWER', 'WHY'], ...rows])}${notes.map((note) => `${note}\n`).join('')}`;
}
