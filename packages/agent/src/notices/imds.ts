import { z } from 'zod';
import type { MetadataSource, OwnNotice } from './metadata-source.ts';

const ENDPOINT = 'http://169.254.169.254';
const TOKEN_SECONDS = 21_600;
const UNAUTHORIZED = 401;
const NOT_FOUND = 404;
const LIMIT_MS = 1_000;

const actionSchema = z.object({ action: z.string(), time: z.iso.datetime() });
const hintSchema = z.object({ noticeTime: z.iso.datetime() });
const maintenanceSchema = z.array(
  z.object({ EventId: z.string().min(1), NotBefore: z.string(), State: z.string(), Code: z.string() }),
);

/** EC2's metadata, version 2. Source: Amazon EC2, "Instance metadata categories". */
export class Imds implements MetadataSource {
  readonly #endpoint: string;
  #token: Promise<string> | null = null;

  /** The endpoint that the SDK would take, too. */
  constructor(endpoint = process.env.AWS_EC2_METADATA_SERVICE_ENDPOINT ?? ENDPOINT) {
    this.#endpoint = endpoint;
  }

  async read(signal: AbortSignal): Promise<readonly OwnNotice[]> {
    const [action, hint, lifecycle, maintenance] = await Promise.all([
      this.#get('spot/instance-action', signal),
      this.#get('events/recommendations/rebalance', signal),
      this.#get('autoscaling/target-lifecycle-state', signal),
      this.#get('events/maintenance/scheduled', signal),
    ]);
    const notices: OwnNotice[] = [];
    if (action !== null) {
      const { time } = actionSchema.parse(JSON.parse(action));
      notices.push({ id: `imds/spot/${time}`, kind: 'spot-interruption', deadline: Date.parse(time) });
    }
    if (hint !== null) {
      const { noticeTime } = hintSchema.parse(JSON.parse(hint));
      notices.push({ id: `imds/rebalance/${noticeTime}`, kind: 'rebalance-hint', deadline: null });
    }
    if (lifecycle === 'Terminated') notices.push({ id: 'imds/lifecycle', kind: 'going', deadline: null });
    for (const event of maintenance === null ? [] : maintenanceSchema.parse(JSON.parse(maintenance))) {
      if (event.State !== 'active') continue;
      const begins = Date.parse(event.NotBefore);
      const deadline = Number.isNaN(begins) ? null : begins;
      notices.push({ id: `imds/maintenance/${event.EventId}`, kind: 'maintenance', deadline });
    }
    return notices;
  }

  /** null: there is nothing to say. */
  async #get(path: string, signal: AbortSignal, isAgain = false): Promise<string | null> {
    const token = await this.#currentToken(signal);
    const response = await fetch(`${this.#endpoint}/latest/meta-data/${path}`, {
      headers: { 'x-aws-ec2-metadata-token': token },
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    });
    const text = await response.text();
    if (response.ok) return text;
    if (response.status === NOT_FOUND) return null;
    if (response.status === UNAUTHORIZED && !isAgain) {
      this.#token = null;
      return this.#get(path, signal, true);
    }
    throw new Error(`the metadata server answers ${response.status} to ${path}`);
  }

  #currentToken(signal: AbortSignal): Promise<string> {
    this.#token ??= this.#newToken(signal).catch((error) => {
      this.#token = null;
      throw error;
    });
    return this.#token;
  }

  async #newToken(signal: AbortSignal): Promise<string> {
    const response = await fetch(`${this.#endpoint}/latest/api/token`, {
      method: 'PUT',
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) },
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    });
    if (!response.ok) throw new Error(`the metadata server answers ${response.status} when asked for a token`);
    return response.text();
  }
}
