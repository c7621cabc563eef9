import {
  type Account,
  abort,
  carryOut,
  FileJournal,
  type JournalRecord,
  type NoticeSource,
  type Reason,
  type RunOptions,
  type RunOutcome,
  type RunPorts,
  resume,
} from '@restow/executor';
import type { PhaseListener } from '@restow/migration';
import { digestOf, InputError, type Plan, type PriceBook, RestowError } from '@restow/model';
import { amendRequest, planInWorker } from '@restow/solver';
import { areLive, keptBook } from '../kept-books.ts';
import { clusterChoice } from '../read-cluster.ts';
import { readPrices } from '../read-prices.ts';
import { showRun } from '../show-run.ts';
import { beyondReach } from './beyond-reach.ts';
import { type OpenCluster, openCluster } from './open-cluster.ts';
import { journalOf, newRunId, type RunMeta, readRunMeta, writeRunMeta } from './run-folder.ts';
import { type Interruption, untilInterrupted } from './until-interrupted.ts';

/** Where the plan came from and how it is to be carried out. */
export interface RunChoice extends Omit<RunMeta, 'runId' | 'server'> {
  /** Shown where it is a problem. */
  readonly file?: string;
  /** The plan's, where it is at hand; by default it is read again. */
  readonly book?: PriceBook;
  /** By default it gets a name of its own. */
  readonly runId?: string;
}

export interface RunWatch {
  /** Shows on a terminal how far it is. */
  readonly isShown: boolean;
  readonly onPhase?: PhaseListener;
  readonly onRecord?: (record: JournalRecord) => void;
  /** Who says that nodes go; by default whom the run's choice names, and the agents. */
  readonly notices?: NoticeSource;
  /** What ends the run before it is over; by default Ctrl-C. */
  readonly interruption?: Interruption;
}

const REPLAN_LIMIT_MS = 120_000;

/** Carries out a plan as a run of its own. Throws InputError when nothing was begun. */
export async function beginRun(plan: Plan, choice: RunChoice, watch: RunWatch): Promise<Account> {
  const { file, book: given, runId = newRunId(new Date()), ...chosen } = choice;
  const book = given ?? (await bookFor(plan, chosen));
  const isUrgent = plan.evacuation !== undefined;
  return withCluster({ ...chosen, runId }, book, { isUrgent }, watch, async (cluster) => {
    const { snapshot } = await cluster.ports.view.current(cluster.lost);
    // What cannot be launched for a node that goes is done without.
    const beyond = isUrgent ? null : await beyondReach(plan, snapshot, cluster.groups, cluster.lost);
    if (beyond !== null) {
      throw new InputError(`${beyond} [beyond-reach]; nothing was begun`, file === undefined ? {} : { file });
    }
    await writeRunMeta({ ...chosen, runId, server: cluster.connection.server });
    const journal = FileJournal.create(journalOf(runId));
    try {
      const driven = { plan, book, journal, runId, watch, replans: chosen.replans };
      return await drive(cluster, driven, (ports, run) => carryOut({ runId, plan, policy: plan.policy }, ports, run));
    } finally {
      await journal.close();
    }
  });
}

/** Goes on with a run that was broken off, or undoes what can be undone of it. */
export async function goOnWithRun(runId: string, isAbort: boolean, watch: RunWatch): Promise<Account> {
  const meta = readRunMeta(runId);
  const journal = FileJournal.open(journalOf(runId));
  try {
    const [started] = await journal.read();
    if (started?.type !== 'started') throw new InputError(`run ${runId} ended before anything was begun`);
    const plan = started.plan as Plan;
    const book = await bookFor(plan, meta);
    return await withCluster(meta, book, { isAbort, isUrgent: plan.evacuation !== undefined }, watch, (cluster) =>
      drive(cluster, { plan, book, journal, runId, watch, replans: meta.replans }, isAbort ? abort : resume),
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
  readonly watch: RunWatch;
  readonly replans: boolean;
}

async function drive(
  { ports, paused, lost }: OpenCluster,
  { plan, book, journal, runId, watch, replans }: Driven,
  run: (ports: RunPorts, options: RunOptions) => Promise<RunOutcome>,
): Promise<Account> {
  const interrupted = watch.interruption ?? untilInterrupted(runId);
  const view = showRun(watch.isShown ? process.stdout : null, `run ${runId}`);
  const mustStop = (): Reason | null => paused() ?? interrupted.reason() ?? whyOver(plan);
  try {
    const signal = AbortSignal.any([lost, interrupted.signal]);
    const onRecord: RunPorts['onRecord'] = (record, state) => {
      view.onRecord(record, state);
      watch.onRecord?.(record);
    };
    const planner = replans ? plannerFor(plan, book) : PLANS_ONCE;
    const outcome = await run({ ...ports, planner, journal, onRecord }, { signal, mustStop });
    if (outcome.ok) return outcome.account;
    throw new InputError(
      `${outcome.reasons.map(({ code, message }) => `${message} [${code}]`).join('; ')}; nothing was begun`,
    );
  } finally {
    await view.end();
    interrupted.end();
  }
}

/** The nodes of an evacuation have gone: nobody can leave them any more. */
function whyOver({ evacuation }: Plan): Reason | null {
  if (evacuation === undefined) return null;
  const last = Math.max(...evacuation.nodes.map(({ deadline }) => Date.parse(deadline)));
  return Date.now() < last ? null : { code: 'deadline', message: 'the time in which pods could leave is over' };
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

const PLANS_ONCE: RunPorts['planner'] = {
  plan: () =>
    Promise.reject(new RestowError('RESTOW_PLANS_ONCE', 'somebody has said what is to be done, and nothing else is')),
};

async function withCluster<Result>(
  meta: Omit<RunMeta, 'server'>,
  book: PriceBook,
  { isAbort = false, isUrgent = false }: { readonly isAbort?: boolean; readonly isUrgent?: boolean },
  { onPhase, notices: heard }: RunWatch,
  work: (cluster: OpenCluster) => Promise<Result>,
): Promise<Result> {
  const { kubeconfig, context, runId, notices } = meta;
  const choice = clusterChoice(kubeconfig, context);
  const request = { choice, runId, book, evenIfPaused: isAbort, isUrgent, notices: heard ?? notices };
  const cluster = await openCluster({ ...request, ...(onPhase && { onPhase }) });
  try {
    return await work(cluster);
  } finally {
    await cluster.close();
  }
}

/** The prices that the plan was made with; others would make its account a lie. */
export async function bookFor(
  plan: Plan,
  { prices, assumeRegion }: Pick<RunMeta, 'prices' | 'assumeRegion'>,
): Promise<PriceBook> {
  const { priceBookDigest } = plan.metadata;
  const kept = areLive(prices) ? await keptBook(priceBookDigest) : null;
  const book = kept ?? (await readPrices({ sources: prices, assumeRegion }, plan.policy));
  if (digestOf(book) !== priceBookDigest) {
    throw new InputError(
      'these are not the prices that the plan was made with: say the same --prices and --assume-region, or plan anew',
    );
  }
  return book;
}
