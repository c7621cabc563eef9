import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Account } from '@restow/executor';
import type { Plan } from '@restow/model';
import { type KarpenterCluster, startKarpenterCluster } from '../../test/apply/karpenter-cluster.ts';
import { restow } from '../../test/cli/run-restow.ts';

/**
 * The same fragmented cluster twice, with a real Karpenter: restow first and then Karpenter's consolidation, and the
 * other way round. Prints what each found to save after the other.
 */
const { values } = parseArgs({ options: { part: { type: 'string', default: '1' } } });
const QUIET_MS = 90_000;
const ENOUGH_MS = 300_000;

const folder = mkdtempSync(join(tmpdir(), 'restow-bench-karpenter-'));
const planFile = join(folder, 'plan.json');
const policy = join(folder, 'policy.yaml');
writeFileSync(policy, 'horizonHours: 168\nrun: { budgets: { podsPerMinute: null, nodesAtOnce: 12 } }\n');
process.stdout.write('| order | USD/h before | after the first | after the second | bound | evictions of restow |\n');
process.stdout.write('| --- | --- | --- | --- | --- | --- |\n');
try {
  for (const order of ['restow, then Karpenter', 'Karpenter, then restow']) {
    const cluster = await startKarpenterCluster({ part: Number(values.part), scale: [1, 0.5], mostCores: 4 });
    try {
      const row = order.startsWith('restow') ? await restowFirst(cluster) : await karpenterFirst(cluster);
      process.stdout.write(`| ${[order, ...row].join(' | ')} |\n`);
    } finally {
      await cluster.stop();
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function restowFirst(cluster: KarpenterCluster): Promise<string[]> {
  const plan = await planOf(cluster);
  const account = await applied(cluster);
  await consolidate(cluster, ENOUGH_MS);
  const after = await planOf(cluster);
  const { before, now } = account.microsPerHour;
  return [
    usd(before),
    usd(now),
    usd(after.summary.microsPerHour.before),
    usd(plan.summary.microsPerHour.bound),
    String(account.moves.made),
  ];
}

async function karpenterFirst(cluster: KarpenterCluster): Promise<string[]> {
  const { before, bound } = (await planOf(cluster)).summary.microsPerHour;
  await consolidate(cluster, QUIET_MS);
  await cluster.karpenter.setConsolidateAfter('Never');
  const { before: consolidated } = (await planOf(cluster)).summary.microsPerHour;
  const account = await applied(cluster);
  return [usd(before), usd(consolidated), usd(account.microsPerHour.now), usd(bound), String(account.moves.made)];
}

async function planOf({ where, prices }: KarpenterCluster): Promise<Plan> {
  const { code, stderr } = await restow(['plan', ...where, ...prices, '--policy', policy, '--save', planFile]);
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(readFileSync(planFile, 'utf8')) as Plan;
}

async function applied({ where, prices }: KarpenterCluster): Promise<Account> {
  const env = { XDG_STATE_HOME: join(folder, 'state') };
  const { stdout, stderr } = await restow(['apply', planFile, ...where, ...prices, '-o', 'json'], { env });
  if (!stdout.startsWith('{')) throw new Error(stderr);
  return (JSON.parse(stdout) as { account: Account }).account;
}

/** Karpenter's consolidation, until it has left the nodes alone for so long. */
async function consolidate(cluster: KarpenterCluster, quietMs: number): Promise<void> {
  await cluster.karpenter.setConsolidateAfter('0s');
  const names = async () =>
    (await cluster.nodes())
      .map(({ metadata }) => metadata.uid)
      .sort()
      .join();
  let [before, since] = [await names(), Date.now()];
  while (Date.now() - since < quietMs) {
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const now = await names();
    if (now !== before) [before, since] = [now, Date.now()];
  }
}

function usd(micros: number): string {
  return (micros / 1e6).toFixed(2);
}
