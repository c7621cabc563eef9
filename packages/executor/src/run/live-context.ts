import { OutageError } from '../errors.ts';
import type { Act, JournalRecord, RecordedOutcome } from '../journal/record.ts';
import type { LiveCluster } from '../ports/cluster-view.ts';
import { MinuteBudget } from './budgets.ts';
import type { Arrival, RunContext, RunPorts } from './context.ts';
import { applyRecord, type RunAct, type RunState } from './run-state.ts';

const OUTAGE_RETRY_MS = 2000;
const LOOK_MS = 30_000;

/** A run's context over its ports. */
export function contextOf(ports: RunPorts, state: RunState, signal: AbortSignal): RunContext {
  const { clock, view, journal } = ports;
  const arrivals = new Map<string, Arrival>();
  const claimed = new Set<string>();
  for (const successor of state.successors.values()) if (successor !== null) claimed.add(successor.uid);
  let actNumber = state.acts.size;
  const { limits, budgets } = state.policy.run;

  const patiently = async (ask: () => Promise<LiveCluster>): Promise<LiveCluster> => {
    const since = clock.now();
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof OutageError) || clock.now() - since >= limits.outageMs) throw error;
        await clock.sleep(OUTAGE_RETRY_MS, signal);
      }
    }
  };
  const record = async (entry: JournalRecord): Promise<void> => {
    await journal.append(entry);
    applyRecord(state, entry);
    ports.onRecord(entry, state);
  };
  const read = () => patiently(() => view.current(signal));

  return {
    ports,
    state,
    signal,
    arrivals,
    landing: new Map(),
    steering: { open: new Set(), turn: Promise.resolve(), onLanded: () => {} },
    holds: new Map(),
    lettingGo: new Map(),
    claimed,
    minute: new MinuteBudget(budgets.podsPerMinute, state.moveTimes),
    record,
    read,
    async act(step, does, limitMs, work): Promise<RunAct> {
      const act = `a${++actNumber}`;
      await record({ type: 'begun', at: clock.now(), act, step, does: does as Act });
      const outcome = await within(limitMs, work, step);
      await record({ type: 'acted', at: clock.now(), act, outcome });
      return state.acts.get(act)!;
    },
    async until(limitMs, test) {
      const deadline = clock.now() + limitMs;
      let live = await read();
      for (;;) {
        const found = test(live);
        if (found !== null) return found;
        const left = deadline - clock.now();
        if (left <= 0) return null;
        const { version } = live;
        live = await patiently(() => view.changed(version, Math.min(left, LOOK_MS), signal));
      }
    },
  };

  /** The work's outcome, or that it took too long; its signal is aborted then. An outage is tried again until then. */
  async function within(
    limitMs: number,
    work: (signal: AbortSignal) => Promise<RecordedOutcome>,
    what: string,
  ): Promise<RecordedOutcome> {
    const stop = new AbortController();
    const bounded = AbortSignal.any([signal, stop.signal]);
    const deadline = clock.now() + limitMs;
    const worked = (async (): Promise<RecordedOutcome> => {
      for (;;) {
        try {
          return await work(bounded);
        } catch (error) {
          if (!(error instanceof OutageError) || clock.now() >= deadline) throw error;
          await clock.sleep(OUTAGE_RETRY_MS, bounded);
        }
      }
    })();
    const late: RecordedOutcome = { ok: false, code: 'time-limit', reason: `${what} took longer than ${limitMs} ms` };
    try {
      return await Promise.race([worked, clock.sleep(limitMs, bounded).then(() => late)]);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw error;
    } finally {
      stop.abort();
      // Whichever lost the race ends by the abort.
      worked.catch(() => {});
    }
  }
}
