import { resolve } from 'node:path';
import { entriesOfRun } from '@restow/controller';
import type { LiveCluster } from '@restow/executor';
import { sleepMs } from '@restow/kube';
import { canonicalJson, nanosToMicros, type PriceBook } from '@restow/model';
import { PriceLookup } from '@restow/pricing';
import { type BodyOf, factsOf, type PriceOf, Recorder, SqliteStore } from '@restow/report';
import type { LiveView } from '@restow/snapshotter';
import type { Logger } from 'pino';
import { listRunIds, readRunMeta } from './run-folder.ts';
import { recordsOf } from './run-records.ts';

export interface LedgerOptions {
  readonly file: string;
  /** Of the API server: only its runs are written down. */
  readonly server: string;
  readonly view: LiveView;
  readonly prices: () => Promise<PriceBook>;
  readonly log: Logger;
}

export interface KeptLedger {
  /** What stands in the way, where that is not what is written down already. */
  notePlan(planned: BodyOf<'plan'>): void;
  /** The run is over. What cannot be read is said, and tried again with the next one. */
  noteRuns(): Promise<void>;
  close(): Promise<void>;
}

const TICK_MS = 10_000;
const TOGETHER_MS = 1_000;

/**
 * Writes down what the cluster is until it is closed, and what its runs have done. What cannot be written stops nobody: it
 * is said, and tried again.
 */
export async function keepLedger(options: LedgerOptions, signal: AbortSignal): Promise<KeptLedger> {
  const { file, view, prices, log } = options;
  const store = SqliteStore.open(resolve(file));
  const first = await view.current(signal);
  let book = await prices();
  const { cluster } = first.snapshot.metadata;
  const recorder = new Recorder({ store, cluster, currency: book.currency }, Date.now());
  const stop = new AbortController();
  const told = AbortSignal.any([signal, stop.signal]);
  let isWell = true;
  const attempt = (work: () => void) => {
    try {
      work();
      isWell = true;
    } catch (err) {
      if (isWell) log.error({ err, ledger: file }, 'the ledger cannot be written, and is tried again');
      isWell = false;
    }
  };
  /** What the cluster is next, however long it is away: what it was before is not looked at once more. */
  const next = async (before: LiveCluster): Promise<LiveCluster> => {
    for (;;) {
      try {
        // Much may happen in a second, and is looked at together.
        await sleepMs(TOGETHER_MS, told);
        const live = await view.changed(before.version, TICK_MS, told);
        book = await prices();
        return live;
      } catch (err) {
        if (told.aborted) return before;
        log.warn({ err }, 'the cluster is away: what comes and goes meanwhile is not known');
        recorder.lookAway();
        await sleepMs(TICK_MS, told).catch(() => {});
      }
    }
  };
  const observe = async () => {
    for (let live = first; !told.aborted; live = await next(live)) {
      const facts = factsOf(live.snapshot, pricesIn(book));
      attempt(() => recorder.observe(facts, Date.now()));
    }
  };
  const observing = observe().catch((err) => log.error({ err }, 'the ledger is not kept any more'));
  const noted = new Set<string>();
  let saidLast: string | null = null;
  for (const { body } of store.entries()) {
    if (body.kind === 'run') noted.add(body.run);
    if (body.kind === 'plan') saidLast = whatItSays(body);
  }
  const notePlan = (planned: BodyOf<'plan'>) => {
    const says = whatItSays(planned);
    if (says === saidLast) return;
    attempt(() => {
      recorder.note([planned]);
      saidLast = says;
    });
  };
  const noteRuns = async () => {
    for (const runId of listRunIds()) {
      if (noted.has(runId) || readRunMeta(runId).server !== options.server) continue;
      const bodies = entriesOfRun(await recordsOf(runId));
      if (bodies.length === 0) continue;
      attempt(() => {
        recorder.note(bodies);
        noted.add(runId);
      });
    }
  };
  await noteRuns();
  const noteOrSay = () => noteRuns().catch((err) => log.error({ err }, 'a run is not in the ledger yet'));
  const close = async () => {
    stop.abort();
    await observing;
    await noteOrSay();
    attempt(() => recorder.close(Date.now()));
    store.close();
  };
  return { notePlan, noteRuns: noteOrSay, close };
}

/** Schedules plan again and again, and mostly find what they have found before. */
function whatItSays({ run: _run, at: _at, ...rest }: BodyOf<'plan'>): string {
  return canonicalJson(rest);
}

function pricesIn(book: PriceBook): PriceOf {
  const lookup = new PriceLookup(book);
  return (node) => {
    const found = lookup.priceOf(node);
    if (found === null) return null;
    const { listNanosPerHour, nanosPerHour } = found.offering;
    const listMicrosPerHour = nanosToMicros(listNanosPerHour ?? nanosPerHour);
    return { microsPerHour: found.microsPerHour, listMicrosPerHour };
  };
}
