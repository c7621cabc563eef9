import { resolve } from 'node:path';
import { InputError, type Plan, type PriceBook } from '@restow/model';
import type { GoingNode } from '@restow/solver';
import { parseDurationMs } from '../durations.ts';
import { areLive, keepBook } from '../kept-books.ts';
import { absoluteSource } from '../live/absolute-source.ts';
import { planUrgently } from '../live/evacuations.ts';
import { measuredRates } from '../live/measured-rates.ts';
import { noteRun } from '../live/note-run.ts';
import { newRunId } from '../live/run-folder.ts';
import { beginRun } from '../live/run-plan.ts';
import { type ClusterSource, readCluster } from '../read-cluster.ts';
import { readPolicy } from '../read-policy.ts';
import { readPrices } from '../read-prices.ts';
import { renderAccount } from '../render/account.ts';
import { renderEvacuation } from '../render/evacuation.ts';

export interface EvacuateOptions extends ClusterSource {
  readonly within: string;
  readonly remove?: true;
  readonly ledger?: string;
  readonly dryRun?: true;
  readonly policy?: string;
  readonly prices: readonly string[];
  readonly assumeRegion?: string;
  readonly output: 'table' | 'json';
}

/** Gets the pods off nodes that are about to go. Answers the exit code: 0 when every pod has left that was to. */
export async function runEvacuate(names: readonly string[], options: EvacuateOptions): Promise<number> {
  const now = Date.now();
  const withinMs = parseDurationMs(options.within, '--within');
  const isLive = options.file.length === 0;
  if (!isLive && options.dryRun === undefined) throw new InputError('-f goes with --dry-run');
  const nodes = [...new Set(names)].map((name) => ({
    name,
    deadline: now + withinMs,
    remove: options.remove === true,
  }));
  const { plan, book } = await planOf(nodes, now, options);
  const isShown = options.output === 'table';
  if (isShown) process.stdout.write(renderEvacuation(plan));
  if (options.dryRun === true) {
    if (!isShown) process.stdout.write(`${JSON.stringify({ plan }, null, 2)}\n`);
    return 0;
  }
  const { kubeconfig, context = null, assumeRegion = null } = options;
  const runId = newRunId(new Date(now));
  const account = await beginRun(
    plan,
    {
      runId,
      book,
      kubeconfig: kubeconfig === undefined ? null : resolve(kubeconfig),
      context,
      prices: options.prices.map(absoluteSource),
      assumeRegion,
      notices: [],
      startedBy: 'person',
      replans: false,
    },
    { isShown },
  );
  if (options.ledger !== undefined) await noteRun(options.ledger, runId);
  process.stdout.write(isShown ? `\n${renderAccount(account)}` : `${JSON.stringify({ plan, account }, null, 2)}\n`);
  return account.outcome === 'stopped' ? 1 : 0;
}

async function planOf(
  nodes: readonly GoingNode[],
  now: number,
  options: EvacuateOptions,
): Promise<{ readonly plan: Plan; readonly book: PriceBook }> {
  const policy = await readPolicy(options.policy);
  const sources = { sources: options.prices, assumeRegion: options.assumeRegion ?? null };
  const [book, snapshot] = await Promise.all([readPrices(sources, policy), readCluster(options)]);
  const measured = await measuredRates(snapshot.metadata.cluster);
  const request = { snapshot, book, policy, nodes, now, measured };
  const plan = await planUrgently(request, new AbortController().signal);
  if (areLive(options.prices)) await keepBook(book);
  return { plan, book };
}
