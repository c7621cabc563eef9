import type { MetadataSource, OwnNotice } from './metadata-source.ts';

const HOST = 'metadata.google.internal';
const LIMIT_MS = 1_000;
/** From the word until the machine is stopped. Source: Compute Engine, "Spot VMs", preemption process. */
const PREEMPTION_MS = 30_000;

/** Compute Engine's metadata. Source: "Query VM metadata", keys `preempted` and `maintenance-event`. */
export class GceMetadata implements MetadataSource {
  readonly #endpoint: string;
  readonly #now: () => number;
  #preemptedAt: number | null = null;

  /** `now`: milliseconds since the epoch. The endpoint is the one that Google's own clients would take, too. */
  constructor(now: () => number, host = process.env.GCE_METADATA_HOST ?? HOST) {
    this.#endpoint = `http://${host}`;
    this.#now = now;
  }

  async read(signal: AbortSignal): Promise<readonly OwnNotice[]> {
    const [preempted, maintenance] = await Promise.all([
      this.#get('preempted', signal),
      this.#get('maintenance-event', signal),
    ]);
    const notices: OwnNotice[] = [];
    if (preempted === 'TRUE') {
      this.#preemptedAt ??= this.#now();
      notices.push({ id: 'gce/preempted', kind: 'spot-interruption', deadline: this.#preemptedAt + PREEMPTION_MS });
    }
    // One that is moved to another host by its cloud goes on.
    if (maintenance.startsWith('TERMINATE'))
      notices.push({ id: 'gce/maintenance', kind: 'maintenance', deadline: null });
    return notices;
  }

  async #get(path: string, signal: AbortSignal): Promise<string> {
    const response = await fetch(`${this.#endpoint}/computeMetadata/v1/instance/${path}`, {
      headers: { 'metadata-flavor': 'Google' },
      signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`the metadata server answers ${response.status} to ${path}`);
    return text.trim();
  }
}
