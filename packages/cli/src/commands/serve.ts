import { InputError } from '@restow/model';
import { serveSchedules } from '../live/serve-schedules.ts';
import { serveSteering } from '../live/serve-steering.ts';

export interface ServeOptions {
  readonly only?: 'webhook';
  readonly url?: string;
  readonly config?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** Runs until it is told to stop. */
export async function runServe(options: ServeOptions): Promise<void> {
  if (options.only === 'webhook') {
    if (options.url === undefined) throw new InputError('--only webhook goes with --url https://ADDRESS:PORT');
    if (options.config !== undefined) throw new InputError('--only webhook goes without --config');
    return serveSteering({ ...options, url: options.url });
  }
  if (options.config === undefined) throw new InputError('say --config FILE, or --only webhook');
  if (options.url !== undefined) throw new InputError('--url goes with --only webhook');
  return serveSchedules({ ...options, config: options.config });
}
