import type { Account, Notice } from '@restow/executor';
import { sleepMs } from '@restow/kube';
import { RestowError } from '@restow/model';
import type { Logger } from 'pino';
import type { ServeConfig } from '../config/serve-config.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { EvacuationPorts, NoticedNode } from './evacuation-ports.ts';

export interface EvacuatorOptions {
  readonly ports: EvacuationPorts;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** As it is now. */
  readonly config: () => ServeConfig['evacuations'];
  /** Whatever else goes on breaks off, and nothing begins, until the answer is called. */
  readonly giveWay: () => Promise<() => void>;
}

const LOOK_MS = 200;
const RETRY_MS = 1_000;
/** Two words of one event do not say the same millisecond. */
const SAME_MS = 1_000;
const MINUTE_MS = 60_000;

/** When a node is taken to go of which nobody has said when. */
const WITHIN_MS: Readonly<Record<Notice['kind'], number>> = {
  'spot-interruption': 2 * MINUTE_MS,
  'reservation-interruption': 2 * MINUTE_MS,
  going: 2 * MINUTE_MS,
  person: 2 * MINUTE_MS,
  'rebalance-hint': 10 * MINUTE_MS,
  maintenance: 10 * MINUTE_MS,
};

/**
 * Gets pods off every node that is given notice, all such nodes together, before anything else. A notice that comes
 * meanwhile ends the evacuation that goes on in good order, and one of all of them begins.
 */
export class Evacuator {
  readonly #options: EvacuatorOptions;
  readonly #stop = new AbortController();
  /** Nodes that have been seen to: for which notices, until which deadline. */
  #handled = new Map<string, { readonly deadline: number; readonly kinds: ReadonlySet<string> }>();
  #work: Promise<void> = Promise.resolve();

  constructor(options: EvacuatorOptions) {
    this.#options = options;
  }

  start(): void {
    this.#work = this.#watch();
  }

  /** Breaks off what goes on. */
  async stop(): Promise<void> {
    this.#stop.abort(new RestowError('RESTOW_STOPPED', 'the controller was told to stop'));
    await this.#work;
  }

  async #watch(): Promise<void> {
    const { log, giveWay } = this.#options;
    while (!this.#stop.signal.aborted) {
      if (this.#fresh().length > 0) {
        const goOn = await giveWay();
        try {
          // Nodes that are given notice together are not told of in the same moment.
          await sleepMs(LOOK_MS, this.#stop.signal);
          while (this.#fresh().length > 0 && !this.#stop.signal.aborted) await this.#evacuate();
        } catch (err) {
          if (!this.#stop.signal.aborted) log.error({ err }, 'an evacuation failed');
        } finally {
          goOn();
        }
      }
      await sleepMs(LOOK_MS, this.#stop.signal).catch(() => {});
    }
  }

  async #evacuate(): Promise<void> {
    const { ports, metrics, log, now } = this.#options;
    const nodes = this.#noticed();
    const before = new Map(this.#handled);
    for (const { name, deadline, kind } of nodes) {
      const known = this.#handled.get(name);
      if (known?.kinds.has(kind) !== true) metrics.notices.inc({ kind });
      this.#handled.set(name, { deadline, kinds: new Set([...(known?.kinds ?? []), kind]) });
    }
    const runId = ports.newRunId();
    const own = log.child({ run: runId, nodes: nodes.map(({ name }) => name) });
    const withinMs = Math.min(...nodes.map(({ deadline }) => deadline)) - now();
    own.warn({ kinds: [...new Set(nodes.map(({ kind }) => kind))], withinMs }, 'nodes are about to go');
    const isOvertaken = () => this.#fresh().length > 0;
    let account: Account | null;
    try {
      account = await ports.evacuate({ runId, nodes, isOvertaken }, this.#stop.signal);
    } catch (err) {
      if (this.#stop.signal.aborted) return own.info('broken off');
      metrics.evacuations.inc({ outcome: 'failed' });
      own.error({ err }, 'an evacuation failed, and is tried again');
      await sleepMs(RETRY_MS, this.#stop.signal);
      this.#handled = before;
      return;
    }
    if (account === null) return own.info('they have gone already, or are never to be touched');
    const { outcome, moves, nodes: changes, reasons, failures, left, stallMs } = account;
    metrics.evacuations.inc({ outcome });
    metrics.moves.inc({ outcome: 'made' }, moves.made);
    metrics.moves.inc({ outcome: 'failed' }, moves.failed);
    own.info({ outcome, moves, changes, reasons, failures, left, stallMs }, 'evacuated');
  }

  /** Every node that is about to go, with the earliest time at which it does. */
  #noticed(): NoticedNode[] {
    const { ports, config, now } = this.#options;
    const nodes = new Map<string, NoticedNode>();
    const notices = ports.notices();
    for (const { node, kind, deadline } of notices) {
      if (!config().on.includes(kind)) continue;
      const handled = this.#handled.get(node);
      const at = deadline ?? (handled?.kinds.has(kind) ? handled.deadline : now() + WITHIN_MS[kind]);
      const known = nodes.get(node);
      if (at > now() && (known === undefined || at < known.deadline))
        nodes.set(node, { name: node, kind, deadline: at });
    }
    const there = new Set(notices.map(({ node }) => node));
    for (const name of this.#handled.keys()) if (!there.has(name)) this.#handled.delete(name);
    return [...nodes.values()];
  }

  /** Those that have not been seen to, or go earlier than was known then. */
  #fresh(): NoticedNode[] {
    const now = this.#options.now();
    return this.#noticed().filter(({ name, kind, deadline }) => {
      const handled = this.#handled.get(name);
      if (handled === undefined || deadline < handled.deadline - SAME_MS) return true;
      return !handled.kinds.has(kind) && handled.deadline <= now;
    });
  }
}
