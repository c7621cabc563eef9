import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Metrics, Scheduler, type ServeConfig, serveConfigSchema, serveHealth } from '@restow/controller';
import { KubeApi, KubeConnection } from '@restow/kube';
import { InputError } from '@restow/model';
import { pino } from 'pino';
import { cloudAt } from '../clouds.ts';
import { clusterChoice } from '../read-cluster.ts';
import { readYaml } from '../read-yaml.ts';
import { FIELD_MANAGER } from './open-cluster.ts';
import { policyOf, scheduledRuns } from './scheduled-runs.ts';

export interface ServeSchedulesOptions {
  readonly config: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

const LOOK_MS = 2_000;
const ASK_MS = 10_000;
/** Of the cluster not having answered. */
const NOT_READY_MS = 30_000;

/** The schedules of a configuration, until it is told to stop. */
export async function serveSchedules({ config: file, kubeconfig, context }: ServeSchedulesOptions): Promise<void> {
  let config = await readConfig(file);
  const log = pino();
  const metrics = new Metrics();
  metrics.configValid.set(1);
  const choice = clusterChoice(kubeconfig, context ?? null);
  const connection = await KubeConnection.open(choice, 'restow serve');
  const api = new KubeApi(connection, { fieldManager: FIELD_MANAGER, dryRun: false, fence: () => {} });
  const stop = new AbortController();
  let answeredAt: number | null = null;
  const ports = scheduledRuns({
    connection,
    api,
    kubeconfig: kubeconfig === undefined ? null : resolve(kubeconfig),
    context: context ?? null,
    file,
    config: () => config,
  });
  const scheduler = new Scheduler({ ports, metrics, log, now: Date.now });
  const health = await serveHealth({
    listen: config.listen,
    metrics,
    whyBroken: () => null,
    whyNotReady: () => {
      if (answeredAt === null) return 'the cluster has not answered yet';
      const silentMs = Date.now() - answeredAt;
      return silentMs > NOT_READY_MS ? `the cluster has not answered for ${Math.round(silentMs / 1000)} s` : null;
    },
  });
  log.info({ url: health.url, schedules: config.schedules.length }, 'ready');
  scheduler.start(config.schedules);
  const asking = every(stop.signal, LOOK_MS, async () => {
    const bounded = AbortSignal.any([stop.signal, AbortSignal.timeout(ASK_MS)]);
    await api.read('/api/v1/namespaces/kube-system', bounded);
    answeredAt = Date.now();
  });
  let seen = await changedAt(file);
  const looking = every(stop.signal, LOOK_MS, async () => {
    const now = await changedAt(file);
    if (now === seen) return;
    seen = now;
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
  await new Promise<void>((done) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => done());
  });
  log.info({ during: scheduler.current }, 'stopping');
  await scheduler.stop();
  stop.abort();
  await Promise.all([asking, looking]);
  await health.close();
  await connection.close();
}

/** Whole, with the policies that it names; throws InputError with file and path. */
async function readConfig(file: string): Promise<ServeConfig> {
  const config = (await readYaml(file, serveConfigSchema, 'ServeConfig')) as ServeConfig;
  for (const { policy } of config.schedules) await policyOf(file, policy);
  for (const [index, source] of config.prices.entries()) {
    if (source === 'builtin' || source.startsWith('file:') || cloudAt(source) !== null) continue;
    const expected = `expected 'builtin', 'file:PATH', 'aws:REGION' or 'gcp:REGION'`;
    throw new InputError(`${source}: ${expected}`, { file, path: `prices[${index}]` });
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

/** Does something again and again; one that fails is tried again. */
async function every(signal: AbortSignal, ms: number, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await work().catch(() => {});
    await sleep(ms, undefined, { signal }).catch(() => {});
  }
}
