import { resolve } from 'node:path';
import {
  type Account,
  abort,
  carryOut,
  FileJournal,
  type Reason,
  type RunOptions,
  type RunOutcome,
  type RunPorts,
  resume,
} from '@restow/executor';
import { digestOf, InputError, type Plan, type PriceBook } from '@restow/model';
import { amendRequest, planInWorker } from '@restow/solver';
import { beyondReach } from '../live/beyond-reach.ts';
import { dryRun } from '../live/dry-run.ts';
import { type OpenCluster, openCluster } from '../live/open-cluster.ts';
import { journalOf, newRunId, type RunMeta, readRunMeta, writeRunMeta } from '../live/run-folder.ts';
import { untilInterrupted } from '../live/until-interrupted.ts';
import { loadPlanToApply } from '../load-plan.ts';
import { clusterChoice } from '../read-cluster.ts';
import { readPrices } from '../read-prices.ts';
import { renderAccount } from '../render/account.ts';
import { showRun } from '../show-run.ts';

export interface ApplyOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly prices: readonly string[];
  readonly assumeRegion?: string;
  readonly resume?: string;
  readonly abort?: string;
  readonly dryRun?: string;
  readonly output: 'table' | 'json';
}

const REPLAN_LIMIT_MS = 120_000;

/** Carries a plan out on the cluster, or goes on with a run that was broken off. Answers the exit code. */
export async function runApply(planFile: string | undefined, options: ApplyOptions): Promise<number> {
  const given = [planFile, options.resume, options.abort].filter((one) => one !== undefined);
  if (given.length !== 1) throw new InputError('say one of PLAN, --resume RUN and --abort RUN');
  if (options.dryRun !== undefined) {
    if (planFile === undefined) throw new InputError('--dry-run goes with a PLAN');
    return runDryRun(planFile, options);
  }
  const isShown = options.output === 'table';
  const account =
    planFile === undefined
      ? await goOn(options.resume ?? options.abort!, options.abort !== undefined, isShown)
      : await begin(planFile, options, isShown);
  process.stdout.write(isShown ? `\n${renderAccount(account)}` : `${JSON.stringify({ account }, null, 2)}\n`);
  return account.outcome === 'stopped' ? 1 : 0;
}

async function begin(planFile: string, options: ApplyOptions, isShown: boolean): Promise<Account> {
  const plan = await loadPlanToApply(planFile);
  const runId = newRunId(new Date());
  const prices = options.prices.map(absolute);
  const { kubeconfig = null, context = null, assumeRegion = null } = options;
  const book = await bookFor(plan, { prices, assumeRegion });
  const meta = { runId, kubeconfig: kubeconfig === null ? null : resolve(kubeconfig), context, prices, assumeRegion };
  return withCluster(meta, book, false, async (cluster) => {
    const { snapshot } = await cluster.ports.view.current(cluster.lost);
    const beyond = beyondReach(plan, snapshot);
    if (beyond !== null) throw new InputError(`${beyond} [beyond-reach]; nothing was begun`, { file: planFile });
    await writeRunMeta({ ...meta, server: cluster.connection.server });
    const journal = FileJournal.create(journalOf(runId));
    try {
      return await drive(cluster, { plan, book, journal, runId, isShown }, (ports, run) =>
        carryOut({ runId, plan, policy: plan.policy }, ports, run),
      );
    } finally {
      await journal.close();
    }
  });
}

async function goOn(runId: string, isAbort: boolean, isShown: boolean): Promise<Account> {
  const meta = readRunMeta(runId);
  const journal = FileJournal.open(journalOf(runId));
  try {
    const [started] = await journal.read();
    if (started?.type !== 'started') throw new InputError(`run ${runId} ended before anything was begun`);
    const plan = started.plan as Plan;
    const book = await bookFor(plan, meta);
    return await withCluster(meta, book, isAbort, (cluster) =>
      drive(cluster, { plan, book, journal, runId, isShown }, isAbort ? abort : resume),
    );
  } finally {
    await journal.close();
  }
}

interface Driven {
  readonly plan: Plan;
  readonly book: PriceBook;
  readonly journal: FileJournal;
  readonly runId: string;
  readonly isShown: boolean;
}

async function drive(
  { ports, paused, lost }: OpenCluster,
  { plan, book, journal, runId, isShown }: Driven,
  run: (ports: RunPorts, options: RunOptions) => Promise<RunOutcome>,
): Promise<Account> {
  const interrupted = untilInterrupted(runId);
  const view = showRun(isShown ? process.stdout : null, `run ${runId}`);
  const mustStop = (): Reason | null => paused() ?? interrupted.reason();
  try {
    const signal = AbortSignal.any([lost, interrupted.signal]);
    const outcome = await run(
      { ...ports, planner: plannerFor(plan, book), journal, onRecord: view.onRecord },
      { signal, mustStop },
    );
    if (outcome.ok) return outcome.account;
    throw new InputError(
      `${outcome.reasons.map(({ code, message }) => `${message} [${code}]`).join('; ')}; nothing was begun`,
    );
  } finally {
    await view.end();
    interrupted.end();
  }
}

/** Plans the rest of a run again as the plan was made, in a thread of its own. */
function plannerFor({ policy, metadata }: Plan, book: PriceBook): RunPorts['planner'] {
  const { effort, seed } = metadata;
  return {
    plan: (snapshot, amendments, signal) =>
      planInWorker(amendRequest({ snapshot, book, policy, effort, seed }, amendments), {
        timeLimitMs: REPLAN_LIMIT_MS,
        signal,
        onProgress: () => {},
      }),
  };
}

async function withCluster<Result>(
  meta: Omit<RunMeta, 'server'>,
  book: PriceBook,
  evenIfPaused: boolean,
  work: (cluster: OpenCluster) => Promise<Result>,
): Promise<Result> {
  const { kubeconfig, context, runId } = meta;
  const choice = clusterChoice(kubeconfig, context);
  const cluster = await openCluster({ choice, runId, book, evenIfPaused });
  try {
    return await work(cluster);
  } finally {
    await cluster.close();
  }
}

async function runDryRun(planFile: string, options: ApplyOptions): Promise<number> {
  if (options.dryRun !== 'server') throw new InputError(`--dry-run ${options.dryRun}: expected server`);
  const plan = await loadPlanToApply(planFile);
  const prices = options.prices.map(absolute);
  await bookFor(plan, { prices, assumeRegion: options.assumeRegion ?? null });
  const { text, json, refused } = await dryRun(plan, clusterChoice(options.kubeconfig, options.context));
  process.stdout.write(options.output === 'json' ? `${JSON.stringify(json, null, 2)}\n` : text);
  return refused === 0 ? 0 : 1;
}

/** The prices that the plan was made with; others would make its account a lie. */
async function bookFor(
  plan: Plan,
  { prices, assumeRegion }: { readonly prices: readonly string[]; readonly assumeRegion: string | null },
): Promise<PriceBook> {
  const book = await readPrices({ sources: prices, assumeRegion });
  if (digestOf(book) !== plan.metadata.priceBookDigest) {
    throw new InputError(
      'these are not the prices that the plan was made with: say the same --prices and --assume-region, or plan anew',
    );
  }
  return book;
}

function absolute(source: string): string {
  return source.startsWith('file:') ? `file:${resolve(source.slice('file:'.length))}` : source;
}
