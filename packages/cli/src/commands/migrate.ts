import { resolve } from 'node:path';
import { type Account, countCluster, type JournalRecord } from '@restow/executor';
import { InputError, type Snapshot, type SnapshotNode, type SnapshotPod } from '@restow/model';
import { refusals } from '@restow/scheduling';
import { openLiveMoves } from '../live/live-moves.ts';
import { migrationPlan } from '../live/migration-plan.ts';
import { beginRun } from '../live/run-plan.ts';
import { withApi } from '../live/with-api.ts';
import { clusterChoice, readCluster } from '../read-cluster.ts';
import { readPrices } from '../read-prices.ts';

export interface MigrateOptions {
  readonly namespace: string;
  readonly to?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly dryRun?: true;
  readonly output: 'table' | 'json';
}

interface PhaseTime {
  readonly phase: string;
  /** Since the first one. */
  readonly atMs: number;
  readonly figures: Readonly<Record<string, number>>;
}

const LOOK_MS = 120_000;

/** Moves one pod live, as a run like any other. Answers the exit code. */
export async function runMigrate(name: string, options: MigrateOptions): Promise<number> {
  const { namespace, kubeconfig, context = null } = options;
  const isShown = options.output === 'table';
  const snapshot = await readCluster({ file: [], ...clusterChoice(kubeconfig, context) });
  const pod = snapshot.pods.find((one) => one.namespace === namespace && one.name === name);
  if (pod === undefined) throw new InputError(`there is no pod ${name} in namespace ${namespace}`);
  const { to, found } = await chooseTarget(snapshot, pod, options);
  if (options.dryRun === true) {
    const what = { pod: { namespace, name }, from: pod.node, to: to.name, ...found };
    const { memoryBytes, fileBytes, address } = found;
    const size = `${megabytes(memoryBytes)} of memory, ${megabytes(fileBytes)} of files`;
    const text = `${namespace}/${name} can be moved from ${pod.node} to ${to.name} with ${address.ip}: ${size}\n`;
    process.stdout.write(isShown ? text : `${JSON.stringify(what, null, 2)}\n`);
    return 0;
  }
  const book = await readPrices({ sources: [], assumeRegion: null });
  const plan = migrationPlan(snapshot, pod, to, book, new Date());
  const phases: PhaseTime[] = [];
  const problems: string[] = [];
  let startedAt: number | null = null;
  if (isShown) process.stdout.write(`${namespace}/${name}: ${pod.node} to ${to.name}\n`);
  const choice = { kubeconfig: kubeconfig === undefined ? null : resolve(kubeconfig), context };
  const account = await beginRun(
    plan,
    { ...choice, prices: [], assumeRegion: null, notices: [], startedBy: 'person', replans: false },
    {
      isShown: false,
      onRecord: (record) => problems.push(...problemsIn(record)),
      onPhase: (_order, phase, figures) => {
        startedAt ??= performance.now();
        const one = { phase, atMs: Math.round(performance.now() - startedAt), figures };
        phases.push(one);
        if (isShown) process.stdout.write(phaseLine(one));
      },
    },
  );
  const moved = account.outcome === 'target' && account.moves.made === 1;
  const result = { pod: { namespace, name }, from: pod.node, to: to.name, moved, phases, problems, account };
  process.stdout.write(isShown ? ending(account, moved, problems) : `${JSON.stringify(result, null, 2)}\n`);
  return moved ? 0 : 1;
}

/** The node that was said, or of those that can take the pod the one with the most free memory. */
async function chooseTarget(snapshot: Snapshot, pod: SnapshotPod, options: MigrateOptions) {
  const { kubeconfig, context = null, to } = options;
  const name = `${pod.namespace}/${pod.name}`;
  if (pod.node === null || pod.owner === null) {
    throw new InputError(`${name} ${pod.node === null ? 'has no node yet' : 'has no owner that would make it again'}`);
  }
  if (to === pod.node) throw new InputError(`${name} is on ${to} already`);
  if (to !== undefined && !snapshot.nodes.some((node) => node.name === to))
    throw new InputError(`there is no node ${to}`);
  const { state } = countCluster(snapshot, new Set());
  const reasons: string[] = [];
  const candidates: SnapshotNode[] = [];
  for (const node of snapshot.nodes) {
    if (node.name === pod.node || (to !== undefined && node.name !== to)) continue;
    const why = node.unschedulable ? 'it is cordoned' : (refusals(pod, node.name, state)[0]?.reason ?? null);
    if (why === null) candidates.push(node);
    else reasons.push(`${node.name}: ${why}`);
  }
  const use = {
    choice: clusterChoice(kubeconfig, context),
    userAgent: 'restow migrate',
    limitMs: LOOK_MS,
    dryRun: true,
  };
  const { node: from, owner } = pod;
  const chosen = await withApi(use, async (api, signal) => {
    const live = await openLiveMoves(api, () => {}, signal);
    if (live === null) throw new InputError('this cluster has no agents (restow certificate makes their authority)');
    try {
      for (const node of candidates) {
        const reference = { namespace: pod.namespace, name: pod.name, uid: pod.uid };
        const order = { id: 'look', pod: reference, owner, from, to: node.name, method: 'live' } as const;
        const found = await live.mover.look(order, signal);
        if ('address' in found) return { to: node, found };
        reasons.push(`${node.name}: ${found.reason}`);
      }
      return null;
    } finally {
      live.agents.close();
    }
  });
  if (chosen !== null) return chosen;
  throw new InputError(`${name} cannot be moved live: ${reasons.join('; ') || 'there is no other node'}`);
}

function problemsIn(record: JournalRecord): string[] {
  if (record.type === 'step' && record.state !== 'done' && record.reason !== undefined) return [record.reason.message];
  if (record.type === 'acted' && !record.outcome.ok) return [record.outcome.reason];
  return [];
}

function phaseLine({ phase, atMs, figures }: PhaseTime): string {
  const details = Object.entries(figures).map(([name, value]) =>
    name === 'bytes' ? megabytes(value) : `${name} ${value} ms`,
  );
  const time = `${(atMs / 1000).toFixed(3)} s`.padStart(10);
  return `${time}  ${phase}${details.length === 0 ? '' : ` (${details.join(', ')})`}\n`;
}

function ending(account: Account, moved: boolean, problems: readonly string[]): string {
  if (moved) return `moved; nobody reached it for ${account.stallMs.measured} ms\n`;
  // That nothing else is planned in its place is nobody's surprise.
  const reasons = account.reasons.filter(({ code }) => code !== 'planner').map(({ message }) => message);
  const why = [...new Set([...problems, ...reasons])];
  return `not moved: ${why.join('; ')}\n${account.left.map((line) => `  ${line}\n`).join('')}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
