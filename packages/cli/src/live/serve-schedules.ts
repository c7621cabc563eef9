import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  Evacuator,
  type HealthServer,
  Metrics,
  Scheduler,
  type ServeConfig,
  serveConfigSchema,
  serveHealth,
} from '@restow/controller';
import { KubeApi, KubeConnection, sleepMs } from '@restow/kube';
import { InputError } from '@restow/model';
import type { BodyOf } from '@restow/report';
import { LiveView } from '@restow/snapshotter';
import { type Logger, pino } from 'pino';
import { cloudAt } from '../clouds.ts';
import { clusterChoice } from '../read-cluster.ts';
import { readYaml } from '../read-yaml.ts';
import { evacuations } from './evacuations.ts';
import { keepLedger } from './keep-ledger.ts';
import { openLiveMoves } from './live-moves.ts';
import { listenerFor, listenForNotices } from './notice-sources.ts';
import { FIELD_MANAGER } from './open-cluster.ts';
import { policyOf, scheduledRuns } from './scheduled-runs.ts';
import { servePrices } from './serve-prices.ts';

export interface ServeSchedulesOptions {
  readonly config: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

const LOOK_MS = 2_000;
const ASK_MS = 10_000;
const OPEN_MS = 600_000;
/** Of the cluster not having answered. */
const NOT_READY_MS = 30_000;

/** The schedules of a configuration, until it is told to stop. */
export async function serveSchedules({ config: file, kubeconfig, context }: ServeSchedulesOptions): Promise<void> {
  const changed = await changedAt(file);
  let config = await readConfig(file);
  const log = pino();
  const metrics = new Metrics();
  metrics.configValid.set(1);
  const connection = await KubeConnection.open(clusterChoice(kubeconfig, context ?? null), 'restow serve');
  const stop = new AbortController();
  let health: HealthServer | null = null;
  try {
    const api = new KubeApi(connection, { fieldManager: FIELD_MANAGER, dryRun: false, fence: () => {} });
    const whyNotReady = watchCluster(api, stop.signal);
    health = await serveHealth({ listen: config.listen, metrics, whyNotReady });
    log.info({ url: health.url, schedules: config.schedules.length }, 'listening');
    const told = untilTold();
    const where = { kubeconfig: kubeconfig === undefined ? null : resolve(kubeconfig), context: context ?? null };
    const work = openWork({ connection, api, ...where, file, log, metrics, config: () => config }, stop.signal);
    // Told to stop before the cluster has answered, there is nothing to be broken off.
    const opened = await Promise.race([work, told.then(() => null)]);
    if (opened === null) return;
    const { scheduler, evacuator } = opened;
    scheduler.start(config.schedules);
    evacuator.start();
    log.info('ready');
    watchFile(file, changed, stop.signal, async () => {
      try {
        config = await readConfig(file);
        metrics.configValid.set(1);
        scheduler.keepTo(config.schedules);
        log.info({ schedules: config.schedules.length }, 'the configuration was changed');
      } catch (err) {
        metrics.configValid.set(0);
        log.error({ err }, 'the configuration was changed and cannot be taken up: the old one stays in force');
      }
    });
    await told;
    log.info({ during: scheduler.current }, 'stopping');
    await evacuator.stop();
    await scheduler.stop();
    await opened.close();
  } finally {
    stop.abort();
    await health?.close();
    await connection.close();
  }
}

interface WorkRequest {
  readonly connection: KubeConnection;
  readonly api: KubeApi;
  readonly kubeconfig: string | null;
  readonly context: string | null;
  readonly file: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly config: () => ServeConfig;
}

/** What works on the cluster, once that has answered: one looks on for all of them. */
async function openWork(request: WorkRequest, signal: AbortSignal) {
  const { connection, api, log, metrics, config } = request;
  const opening = AbortSignal.any([signal, AbortSignal.timeout(OPEN_MS)]);
  const view = await LiveView.open(connection, Date.now, opening);
  const live = await openLiveMoves(api, () => {}, opening);
  let isClosing = false;
  const onProblem = (source: string, err: unknown) => {
    if (!isClosing) log.warn({ source, err }, 'a source of notices is not heard, and is asked again');
  };
  const priceBook = servePrices(request.file, config, (err) =>
    log.warn({ err }, 'prices cannot be read, and are read again'),
  );
  // Clouds take their time to say them, and there is none when a node goes.
  priceBook().catch((err) => log.warn({ err }, 'prices cannot be read, and are read when they are needed'));
  const { ledger: ledgerFile } = config();
  const { server } = connection;
  const ledger =
    ledgerFile === null
      ? null
      : await keepLedger(
          { file: resolve(dirname(request.file), ledgerFile), server, view, prices: priceBook, log },
          signal,
        );
  const heard = { sources: config().notices, view, agents: live?.agents ?? null, onProblem };
  const onEnded = async () => {
    await ledger?.noteRuns();
  };
  const onPlanned = (planned: BodyOf<'plan'>) => ledger?.notePlan(planned);
  const shared = { ...request, onPlanned, onEnded, notices: await listenForNotices(heard, signal) };
  const scheduler = new Scheduler({ ports: scheduledRuns(shared), metrics, log, now: Date.now });
  const evacuator = new Evacuator({
    ports: evacuations({ ...shared, view, priceBook }),
    metrics,
    log,
    now: Date.now,
    config: () => config().evacuations,
    giveWay: () => scheduler.giveWay(),
  });
  const close = async () => {
    isClosing = true;
    await ledger?.close();
    live?.agents.close();
    await view.close();
  };
  return { scheduler, evacuator, close };
}

/** Asks the cluster again and again. Answers how to learn why it cannot be worked on; null: it can. */
function watchCluster(api: KubeApi, signal: AbortSignal): () => string | null {
  let answeredAt: number | null = null;
  void every(signal, async () => {
    await api.read('/api/v1/namespaces/kube-system', AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]));
    answeredAt = Date.now();
  });
  return () => {
    if (answeredAt === null) return 'the cluster has not answered yet';
    const silentMs = Date.now() - answeredAt;
    return silentMs > NOT_READY_MS ? `the cluster has not answered for ${Math.round(silentMs / 1000)} s` : null;
  };
}

function watchFile(file: string, changed: number | null, signal: AbortSignal, onChange: () => Promise<void>): void {
  let seen = changed;
  void every(signal, async () => {
    const now = await changedAt(file);
    if (now === seen) return;
    seen = now;
    await onChange();
  });
}

function untilTold(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve());
  });
}

/** Whole, with the policies that it names; throws InputError with file and path. */
async function readConfig(file: string): Promise<ServeConfig> {
  const config = (await readYaml(file, serveConfigSchema, 'ServeConfig')) as ServeConfig;
  for (const { policy } of [...config.schedules, config.evacuations]) await policyOf(file, policy);
  for (const [index, source] of config.prices.entries()) {
    if (source === 'builtin' || source.startsWith('file:') || cloudAt(source) !== null) continue;
    const expected = `expected 'builtin', 'file:PATH', 'aws:REGION' or 'gcp:REGION'`;
    throw new InputError(`${source}: ${expected}`, { file, path: `prices[${index}]` });
  }
  for (const [index, source] of config.notices.entries()) {
    try {
      listenerFor(source);
    } catch (error) {
      throw error instanceof InputError ? error.at({ file, path: `notices[${index}]` }) : error;
    }
  }
  return config;
}

/** null: it is not there just now, as while it is replaced. */
async function changedAt(file: string): Promise<number | null> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  );
}

/** Does something every two seconds; one that fails is tried again. */
async function every(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work().catch(() => {});
    await sleepMs(LOOK_MS, signal).catch(() => {});
  }
}
