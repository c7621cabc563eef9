import type { Period } from '../allocate/allocate.ts';
import type { Body, BodyOf } from '../ledger/entry.ts';

const HOUR_MS = 3_600_000;
/** For so long a node that is gone is taken to have been kept otherwise. */
const WINDOW_MS = 30 * 24 * HOUR_MS;

/** What a run has saved within a period, in micro-units; negative: it has cost more. */
export interface RunSaving {
  readonly run: string;
  readonly purpose: BodyOf<'run'>['purpose'];
  readonly startedAt: number;
  readonly endedAt: number;
  readonly outcome: string;
  /** An hour, as the plan promised it: by list price, and as a range of what is paid. */
  readonly promisedMicrosPerHour: { readonly list: number; readonly low: number; readonly high: number };
  readonly removed: number;
  readonly launched: number;
  /** Of the nodes removed, had they stayed. */
  readonly avoidedMicros: number;
  /** Of the nodes launched, those in between included. */
  readonly launchedMicros: number;
  /** Of nodes that came afterwards by somebody else's hand, as far as what was removed would have cost as much. */
  readonly backMicros: number;
  /** `high`: what came back has nothing to do with the run; `low`: it came because of it. */
  readonly realisedMicros: { readonly low: number; readonly high: number };
  /** Nodes without a known price, which are not counted. */
  readonly unpriced: number;
}

export interface Savings {
  readonly period: Period;
  readonly runs: readonly RunSaving[];
  readonly realisedMicros: { readonly low: number; readonly high: number };
}

/**
 * What runs have saved until `period.to`: the price of every node that a run has removed for as long as it is gone, at most
 * 30 days, less that of every node that it has launched for as long as that is there. A node that somebody else adds later
 * is set against the last run before it.
 */
export function savings(bodies: Iterable<Body>, period: Period): Savings {
  const runs: BodyOf<'run'>[] = [];
  const lives = new Map<string, { from: number; until: number; intervals: BodyOf<'node'>[] }>();
  for (const body of bodies) {
    if (body.kind === 'run') runs.push(body);
    if (body.kind !== 'node') continue;
    const life = lives.get(body.uid) ?? { from: body.from, until: body.until, intervals: [] };
    life.from = Math.min(life.from, body.from);
    life.until = Math.max(life.until, body.until);
    life.intervals.push(body);
    lives.set(body.uid, life);
  }
  runs.sort((one, other) => one.endedAt - other.endedAt || (one.run < other.run ? -1 : 1));
  const own = new Set(runs.flatMap(({ launched }) => launched.map(({ uid }) => uid)));
  const back = new Map<string, number>();
  for (const [uid, { from, intervals }] of lives) {
    if (own.has(uid)) continue;
    const run = runs.findLast(({ endedAt }) => endedAt <= from);
    if (run === undefined) continue;
    const cost = intervals.reduce(
      (sum, one) =>
        sum + costOf(one.microsPerHour ?? 0, Math.max(one.from, period.from), Math.min(one.until, period.to)),
      0,
    );
    back.set(run.run, (back.get(run.run) ?? 0) + cost);
  }
  const found = runs.map((run) => savingOf(run, period, lives, back.get(run.run) ?? 0));
  const sum = (of: (one: RunSaving) => number) => found.reduce((all, one) => all + of(one), 0);
  const realisedMicros = {
    low: sum((one) => one.realisedMicros.low),
    high: sum((one) => one.realisedMicros.high),
  };
  return { period, runs: found.filter(({ startedAt }) => startedAt < period.to), realisedMicros };
}

function savingOf(
  run: BodyOf<'run'>,
  { from, to }: Period,
  lives: ReadonlyMap<string, { readonly until: number }>,
  backMicros: number,
): RunSaving {
  const { promised, removed, launched } = run;
  const avoidedMicros = removed.reduce(
    (sum, { at, microsPerHour }) => sum + costOf(microsPerHour ?? 0, Math.max(at, from), Math.min(to, at + WINDOW_MS)),
    0,
  );
  const launchedMicros = launched.reduce((sum, { uid, microsPerHour, from: since, until }) => {
    // Whoever removes it later, from then on it costs nothing.
    const gone = until ?? goneAt(uid === null ? undefined : lives.get(uid), to);
    return sum + costOf(microsPerHour ?? 0, Math.max(since, from), Math.min(to, gone));
  }, 0);
  const high = avoidedMicros - launchedMicros;
  const back = Math.min(backMicros, avoidedMicros);
  return {
    run: run.run,
    purpose: run.purpose,
    startedAt: run.startedAt,
    endedAt: run.endedAt,
    outcome: run.outcome,
    promisedMicrosPerHour: {
      list: promised.listMicrosPerHour,
      low: promised.cashMicrosPerHour.low,
      high: promised.cashMicrosPerHour.high,
    },
    removed: removed.length,
    launched: launched.length,
    avoidedMicros,
    launchedMicros,
    backMicros: back,
    realisedMicros: { low: high - back, high },
    unpriced: [...removed, ...launched].filter(({ microsPerHour }) => microsPerHour === null).length,
  };
}

/** A node of which nothing later is written is still there: what it is is written when the hour is full. */
function goneAt(life: { readonly until: number } | undefined, to: number): number {
  return life === undefined || to - life.until <= HOUR_MS ? to : life.until;
}

/** Rounded once. */
function costOf(microsPerHour: number, from: number, until: number): number {
  return until <= from ? 0 : Math.round((microsPerHour * (until - from)) / HOUR_MS);
}
