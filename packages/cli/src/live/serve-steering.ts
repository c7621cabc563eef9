import { register, serveWebhook } from '@restow/controller';
import { ensureAuthority, issue } from '@restow/migration';
import { InputError } from '@restow/model';
import { pino } from 'pino';
import { clusterChoice } from '../read-cluster.ts';
import { withApi } from './with-api.ts';

export interface SteeringOptions {
  readonly url: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

const START_MS = 60_000;
/** Renewed by a restart. */
const HOURS = 90 * 24;

/** The webhook that steers pods that are moved live, until it is told to stop. */
export async function serveSteering(options: SteeringOptions): Promise<void> {
  const url = URL.canParse(options.url) ? new URL(options.url) : null;
  if (url?.protocol !== 'https:') throw new InputError(`--url ${options.url}: expected https://ADDRESS:PORT`);
  const choice = clusterChoice(options.kubeconfig, options.context);
  await withApi({ choice, userAgent: 'restow serve', limitMs: START_MS }, async (api, signal, connection) => {
    const authority = await ensureAuthority(api, new Date(), signal);
    const { hostname, port } = url;
    const subject = { role: 'webhook', name: 'webhook', hours: HOURS, addresses: [hostname] } as const;
    const credentials = await issue(authority, subject, new Date());
    const log = pino();
    const listen = { host: hostname, port: port === '' ? 443 : Number(port) };
    const webhook = await serveWebhook({ connection, api, credentials, listen, now: Date.now, log });
    await register(api, url.origin, authority.certificate, signal);
    log.info({ url: url.origin }, 'ready');
    await new Promise<void>((resolve) => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve());
    });
    await webhook.close();
  });
}
