import { OutageError } from '../errors.ts';
import type { Act, JournalRecord, RecordedOutcome } from '../journal/record.ts';
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

  let lastAway = Number.NEGATIVE_INFINITY;
  const patiently = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    const since = clock.now();
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof OutageError) || clock.now() - since >= limits.outageMs) throw error;
        lastAway = clock.now();
        await clock.sleep(OUTAGE_RETRY_MS, signal);
      }
    }
  };
  /** When the time for something is up that began then: it begins anew when the cluster comes back, but not for ever. */
  const endOf = (since: number, limitMs: number) =>
    Math.min(Math.max(since, lastAway) + limitMs, since + 2 * limitMs + limits.outageMs);
  const isOver = async (since: number, limitMs: number): Promise<boolean> => {
    if (clock.now() < endOf(since, limitMs)) return false;
    // Requests hang for long before they fail: that it is away may not have been noticed.
    await patiently(() => view.ask(signal));
    return clock.now() >= endOf(since, limitMs);
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
      const since = clock.now();
      let live = await read();
      for (;;) {
        const found = test(live);
        if (found !== null) return found;
        if (await isOver(since, limitMs)) return null;
        const left = Math.max(0, endOf(since, limitMs) - clock.now());
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
    const since = clock.now();
    const worked = (async (): Promise<RecordedOutcome> => {
      for (;;) {
        try {
          return await work(bounded);
        } catch (error) {
          if (!(error instanceof OutageError) || clock.now() >= endOf(since, limitMs)) throw error;
          lastAway = clock.now();
          await clock.sleep(OUTAGE_RETRY_MS, bounded);
        }
      }
    })();
    const untilLate = async (): Promise<RecordedOutcome> => {
      do await clock.sleep(Math.max(1, endOf(since, limitMs) - clock.now()), bounded);
      while (!(await isOver(since, limitMs)));
      return { ok: false, code: 'time-limit', reason: `${what} took longer than ${limitMs} ms` };
    };
    const lateness = untilLate();
    // It is over when the work is.
    lateness.catch(() => {});
    try {
      return await Promise.race([worked, lateness]);
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
