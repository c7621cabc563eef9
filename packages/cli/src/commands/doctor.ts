import { AUTHORITY_SECRET } from '@restow/migration';
import { cloudNamed } from '../clouds.ts';
import { type Access, lacking } from '../live/access.ts';
import { type LiveMoves, openLiveMoves } from '../live/live-moves.ts';
import { withApi } from '../live/with-api.ts';
import { clusterChoice } from '../read-cluster.ts';
import { renderColumns } from '../render/columns.ts';

export interface DoctorOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cloud?: string;
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
    { verb: 'get', group: '', resource: 'secrets', ...AUTHORITY_SECRET },
    { verb: 'create', group: '', resource: 'configmaps', namespace: 'kube-system' },
  ],
};
const CORDON: Access = { verb: 'patch', group: '', resource: 'nodes' };

/** Says for each node by which methods pods can leave it and come to it, and every reason why not. Changes nothing. */
export async function runDoctor(options: DoctorOptions): Promise<number> {
  if (options.cloud !== undefined) return examineCloud(options.cloud, options.output);
  const choice = clusterChoice(options.kubeconfig, options.context);
  await withApi({ choice, userAgent: 'restow doctor', limitMs: LIMIT_MS }, async (api, signal) => {
    const nodes = (await api.list('/api/v1/nodes', signal)).map(({ metadata }) => metadata.name).sort();
    const cordon = await lacking(api, [CORDON], signal);
    const denied = new Map<string, readonly string[]>();
    for (const [method, needed] of Object.entries(NEEDED)) {
      denied.set(method, [...cordon, ...(await lacking(api, needed, signal))]);
    }
    const live = await openLiveMoves(api, () => {}, signal);
    const findings: Finding[] = [];
    try {
      for (const node of nodes) {
        for (const [method, reasons] of denied) {
          const own = method === 'live' ? await whyNotLive(live, node, signal) : [];
          findings.push({ node, method, reasons: [...reasons, ...own] });
        }
      }
    } finally {
      live?.agents.close();
    }
    const isUnsteered = live !== null && !live.mover.steers();
    const notes = isUnsteered ? ['no webhook is registered: while a pod moves live, every other node is cordoned'] : [];
    process.stdout.write(
      options.output === 'json' ? `${JSON.stringify({ findings, notes }, null, 2)}\n` : table(findings, notes),
    );
  });
  return 0;
}

/** Each permission at a cloud, and what each that is missing costs. */
async function examineCloud(cloud: string, output: DoctorOptions['output']): Promise<number> {
  const { cloud: adapter, region } = cloudNamed('--cloud', cloud);
  const permissions = await adapter.examine(region, AbortSignal.timeout(LIMIT_MS));
  const rows = permissions.map(({ action, answer, note }) => [action, answer, note]);
  process.stdout.write(
    output === 'json'
      ? `${JSON.stringify({ permissions }, null, 2)}\n`
      : renderColumns([['PERMISSION', 'ANSWER', 'WITHOUT IT'], ...rows]),
  );
  return permissions.every(({ answer }) => answer === 'allowed') ? 0 : 1;
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
