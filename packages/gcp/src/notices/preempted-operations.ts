import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineNotice } from '@restow/executor';
import { z } from 'zod';
import { CALL, type GcpClients } from '../clients.ts';

const POLL_MS = 1_000;
/** From the word until the machine is stopped. Source: Compute Engine, "Spot VMs", preemption process. */
const PREEMPTION_MS = 30_000;
/** What began before is over. */
const LOOK_BACK_MS = 60_000;

const operationSchema = z.object({
  name: z.string().min(1),
  targetLink: z.string(),
  insertTime: z.iso.datetime({ offset: true }),
});
const TARGET = /zones\/([a-z0-9-]+)\/instances\/([a-z0-9-]+)$/;

export interface PreemptedOperationsOptions {
  readonly clients: GcpClients;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onNotice: (notice: MachineNotice) => void;
  readonly onProblem: (error: unknown) => void;
  readonly pollMs?: number;
}

/** What the project's operations say of machines that are preempted, for nodes without an agent. */
export class PreemptedOperations {
  readonly #options: PreemptedOperationsOptions;
  /** Until when each is remembered. */
  readonly #seen = new Map<string, number>();
  #unknown = 0;

  constructor(options: PreemptedOperationsOptions) {
    this.#options = options;
  }

  /** Operations that were not understood. */
  get unknown(): number {
    return this.#unknown;
  }

  /** Until it is told to stop; a cloud that does not answer is asked again. */
  async listen(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look().catch((error) => {
        if (!signal.aborted) this.#options.onProblem(error);
      });
      await sleep(this.#options.pollMs ?? POLL_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #look(): Promise<void> {
    const { clients, now, onNotice } = this.#options;
    const client = await clients.operations();
    const since = now() - LOOK_BACK_MS;
    for (const [name, until] of this.#seen) if (until < since) this.#seen.delete(name);
    const filter = `(operationType = "compute.instances.preempted") (insertTime > "${new Date(since).toISOString()}")`;
    const project = await clients.project();
    for await (const [scope, { operations }] of client.aggregatedListAsync({ project, filter }, CALL)) {
      if (!scope.startsWith(`zones/${clients.region}-`)) continue;
      for (const item of operations ?? []) {
        const parsed = operationSchema.safeParse(item);
        const [, place, machine] = TARGET.exec(parsed.data?.targetLink ?? '') ?? [];
        if (!parsed.success || machine === undefined) {
          this.#unknown++;
          continue;
        }
        const { name, insertTime } = parsed.data;
        const at = Date.parse(insertTime);
        if (at < since || this.#seen.has(name)) continue;
        this.#seen.set(name, at);
        onNotice({ id: name, kind: 'spot-interruption', machine: `${place}/${machine}`, deadline: at + PREEMPTION_MS });
      }
    }
  }
}
