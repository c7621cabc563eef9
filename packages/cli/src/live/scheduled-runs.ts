import { dirname, resolve } from 'node:path';
import { entryOfPlan, type RunPorts, type Schedule, type ServeConfig } from '@restow/controller';
import { isOpen, type NoticeSource, type Reason } from '@restow/executor';
import {
  approvedBy,
  type KubeApi,
  type KubeConnection,
  listProposals,
  propose,
  takeBack,
  whyPaused,
} from '@restow/kube';
import type { Plan } from '@restow/model';
import type { BodyOf } from '@restow/report';
import { planInWorker } from '@restow/solver';
import { areLive, keepBook } from '../kept-books.ts';
import { clusterChoice, readCluster } from '../read-cluster.ts';
import { readPolicy } from '../read-policy.ts';
import { readPrices, refuseStalePrices } from '../read-prices.ts';
import { BackToSpot } from './back-to-spot.ts';
import { listRunIds, newRunId, readRunMeta } from './run-folder.ts';
import { beginRun, goOnWithRun, type RunWatch } from './run-plan.ts';
import { summaryOf } from './run-summary.ts';

export interface ScheduledRunsOptions {
  readonly connection: KubeConnection;
  readonly api: KubeApi;
  readonly kubeconfig: string | null;
  readonly context: string | null;
  /** The configuration's file, beside which its policies are. */
  readonly file: string;
  /** What nodes have been told; runs do not listen for themselves. */
  readonly notices: NoticeSource;
  /** What a schedule has planned, whether or not it is carried out. */
  readonly onPlanned: (planned: BodyOf<'plan'>) => void;
  /** A run is over, however it ended. */
  readonly onEnded: () => Promise<void>;
  /** As it is now. */
  readonly config: () => ServeConfig;
}

const PLAN_MS = 600_000;
const SEED = 1;

/** The scheduler's ports, as `restow plan` and `restow apply` do it. */
export function scheduledRuns(options: ScheduledRunsOptions): RunPorts {
  const { connection, api, kubeconfig, context, file, notices, onPlanned, onEnded, config } = options;
  const choice = clusterChoice(kubeconfig ?? undefined, context);
  const backToSpot = new BackToSpot(Date.now);
  return {
    newRunId: () => newRunId(new Date()),
    paused: (signal) => whyPaused(api, signal),
    isOpen: async ({ policy }: Schedule) => isOpen((await policyOf(file, policy)).run.windows, Date.now()),
    plan: async ({ name, policy: policyFile, effort }: Schedule, run, signal) => {
      const said = await policyOf(file, policyFile);
      const { prices, assumeRegion } = config();
      const book = await readPrices({ sources: prices, assumeRegion }, said);
      refuseStalePrices(book, said.prices.mostStaleHours, new Date());
      const snapshot = await readCluster({ file: [], ...choice });
      const policy = await backToSpot.allow(said, snapshot);
      const request = { snapshot, book, policy, effort, seed: SEED };
      const plan = await planInWorker(request, { timeLimitMs: PLAN_MS, signal, onProgress: () => {} });
      signal.throwIfAborted();
      if (areLive(prices)) await keepBook(book);
      onPlanned(entryOfPlan(plan, snapshot, { run, schedule: name }));
      return plan;
    },
    apply: ({ runId, plan }, signal) => {
      const { prices, assumeRegion } = config();
      const chosen = { runId, kubeconfig, context, prices: [...prices], assumeRegion, notices: [] };
      return beginRun(plan, { ...chosen, startedBy: 'serve', replans: true }, watchOf(signal, notices)).finally(
        onEnded,
      );
    },
    brokenOff: async () => {
      const runs: string[] = [];
      for (const runId of listRunIds()) {
        const { startedBy, server } = readRunMeta(runId);
        if (startedBy !== 'serve' || server !== connection.server) continue;
        if ((await summaryOf(runId)).state === 'broken-off') runs.push(runId);
      }
      return runs;
    },
    resume: (runId, signal) => goOnWithRun(runId, false, watchOf(signal, notices)).finally(onEnded),
    propose: ({ runId, schedule, plan }, signal) => propose(api, runId, summaryOfPlan(schedule, plan), signal),
    proposed: async (signal) => (await listProposals(api, signal)).map(({ runId }) => runId),
    isApproved: async (runId, signal) => (await approvedBy(api, runId, signal)) !== null,
    takeBack: (runId, signal) => takeBack(api, runId, signal),
  };
}

/** Throws InputError where the file is none. */
export function policyOf(file: string, policyFile: string | null) {
  return readPolicy(policyFile === null ? undefined : resolve(dirname(file), policyFile));
}

export function watchOf(
  signal: AbortSignal,
  notices: NoticeSource,
  reason: () => Reason | null = () => null,
): RunWatch {
  return { isShown: false, notices, interruption: { signal, reason, end: () => {} } };
}

function summaryOfPlan(schedule: string, { steps, summary }: Plan) {
  const count = (kind: string) => steps.filter((step) => step.kind === kind).length;
  const { before, after } = summary.microsPerHour;
  return {
    schedule,
    currency: summary.currency,
    savingMicrosPerHour: before - after,
    moves: count('move'),
    launches: count('launch'),
    removals: count('remove'),
  };
}
