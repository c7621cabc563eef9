import { API_VERSION, type Effort, InputError, type Plan, type Policy, parseRateNanos } from '@restow/model';
import { frontierInWorker, type PlanRequest, planInWorker, type WhatIfCase, type WorkerOptions } from '@restow/solver';
import { parseCount, parseDurationMs } from '../durations.ts';
import { areLive, keepBook } from '../kept-books.ts';
import { showProgress } from '../progress.ts';
import { type ClusterSource, readCluster } from '../read-cluster.ts';
import { readPolicy } from '../read-policy.ts';
import { readPrices, refuseStalePrices } from '../read-prices.ts';
import { renderFrontier } from '../render/frontier-table.ts';
import { renderPlan } from '../render/plan-table.ts';
import { renderWhatIf } from '../render/what-if-table.ts';
import { liftsOf, planWithout } from '../what-if.ts';
import { writeWhole } from '../write-file.ts';

export interface PlanCommandOptions extends ClusterSource {
  readonly prices: readonly string[];
  readonly assumeRegion?: string;
  readonly policy?: string;
  readonly effort: Effort;
  readonly timeLimit: string;
  readonly seed: string;
  readonly movePrice?: string;
  readonly maxMoves?: string;
  readonly nodes?: string;
  readonly excludeNamespace: readonly string[];
  readonly onlyRemove?: boolean;
  readonly frontier?: boolean;
  readonly allow: readonly string[];
  readonly withoutPdb: readonly string[];
  readonly withoutRule: readonly string[];
  readonly output: 'table' | 'wide' | 'json' | 'yaml';
  readonly save?: string;
}

export async function runPlan(options: PlanCommandOptions): Promise<void> {
  const seed = parseCount(options.seed, '--seed');
  const timeLimitMs = parseDurationMs(options.timeLimit, '--time-limit');
  if (options.frontier === true && options.save !== undefined) {
    throw new InputError('--save keeps one plan: choose one of --frontier by --max-moves, and save that');
  }
  const lifts = liftsOf(options);
  if (lifts.length > 0 && (options.frontier === true || options.save !== undefined)) {
    throw new InputError('--allow and --without-… only compare: change the policy or the cluster to get such a plan');
  }
  const policy = withFlags(await readPolicy(options.policy), options);
  const book = await readPrices({ sources: options.prices, assumeRegion: options.assumeRegion ?? null }, policy);
  refuseStalePrices(book, policy.prices.mostStaleHours, new Date());
  const snapshot = await readCluster(options);
  const cancel = new AbortController();
  const onInterrupt = () => cancel.abort();
  process.once('SIGINT', onInterrupt);
  const progress = showProgress(process.stderr);
  const request = { snapshot, book, policy, effort: options.effort, seed };
  const searched = async <Found>(search: (what: PlanRequest, how: WorkerOptions) => Promise<Found>): Promise<Found> => {
    try {
      return await search(request, { timeLimitMs, signal: cancel.signal, onProgress: progress.show });
    } finally {
      progress.end();
      process.removeListener('SIGINT', onInterrupt);
    }
  };
  if (options.frontier === true) {
    process.stdout.write(await printFrontier(await searched(frontierInWorker), options.output));
    return;
  }
  if (lifts.length > 0) {
    const cases = await searched((what, how) => planWithout(lifts, what, how));
    process.stdout.write(await printWhatIf(cases, book.currency, options.output));
    return;
  }
  const plan = await searched(planInWorker);
  if (options.save !== undefined && areLive(options.prices)) await keepBook(book);
  if (options.save !== undefined) await writeWhole(options.save, `${JSON.stringify(plan)}\n`);
  process.stdout.write(await print(plan, options.output));
}

/** Flags win over the policy file. */
function withFlags(policy: Policy, options: PlanCommandOptions): Policy {
  return {
    ...policy,
    ...(options.movePrice === undefined ? {} : { movePrice: movePriceOf(options.movePrice) }),
    ...(options.maxMoves === undefined ? {} : { maxMoves: parseCount(options.maxMoves, '--max-moves') }),
    ...(options.nodes === undefined ? {} : { nodes: options.nodes }),
    ...(options.onlyRemove ? { onlyRemove: true } : {}),
    excludeNamespaces: [...policy.excludeNamespaces, ...options.excludeNamespace],
  };
}

function movePriceOf(text: string): string {
  try {
    parseRateNanos(text);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`--move-price ${text}: expected an amount such as 0.05`);
    throw error;
  }
  return text;
}

async function print(plan: Plan, output: PlanCommandOptions['output']): Promise<string> {
  return (await asData(plan, output)) ?? renderPlan(plan, output === 'wide');
}

async function printFrontier(plans: readonly Plan[], output: PlanCommandOptions['output']): Promise<string> {
  return (await asData({ apiVersion: API_VERSION, kind: 'PlanFrontier', plans }, output)) ?? renderFrontier(plans);
}

async function printWhatIf(
  cases: readonly WhatIfCase[],
  currency: string,
  output: PlanCommandOptions['output'],
): Promise<string> {
  const document = { apiVersion: API_VERSION, kind: 'WhatIf', currency, cases };
  return (await asData(document, output)) ?? renderWhatIf(cases, currency);
}

/** null: it is for people. */
async function asData(document: object, output: PlanCommandOptions['output']): Promise<string | null> {
  if (output === 'json') return `${JSON.stringify(document, null, 2)}\n`;
  if (output === 'yaml') return (await import('yaml')).stringify(document, { aliasDuplicateObjects: false });
  return null;
}
