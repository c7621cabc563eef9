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
  /** Of nodes that came afterwards by somebody else's hand, in place of those that were removed. */
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
 * takes the place of what was removed, as far as that cost as much, the last run's first: that is the lower end.
 */
export function savings(bodies: Iterable<Body>, period: Period): Savings {
  const runs: BodyOf<'run'>[] = [];
  const lives = new Map<string, Life>();
  for (const body of bodies) {
    if (body.kind === 'run') runs.push(body);
    if (body.kind !== 'node') continue;
    const { uid, from, until, microsPerHour } = body;
    const life = lives.get(uid);
    if (life === undefined) lives.set(uid, { uid, from, until, microsPerHour: microsPerHour ?? 0 });
    else lives.set(uid, { ...life, from: Math.min(life.from, from), until: Math.max(life.until, until) });
  }
  runs.sort((one, other) => one.endedAt - other.endedAt || (one.run < other.run ? -1 : 1));
  const back = cameBack(runs, lives, period);
  const removed = new Set(runs.flatMap((run) => run.removed.map(({ uid }) => uid)));
  const found = runs.map((run) => savingOf(run, period, lives, removed, back.get(run.run) ?? 0));
  const sum = (of: (one: RunSaving) => number) => found.reduce((all, one) => all + of(one), 0);
  const realisedMicros = {
    low: sum((one) => one.realisedMicros.low),
    high: sum((one) => one.realisedMicros.high),
  };
  return { period, runs: found.filter(({ startedAt }) => startedAt < period.to), realisedMicros };
}

interface Life {
  readonly uid: string;
  readonly from: number;
  readonly until: number;
  readonly microsPerHour: number;
}

/** By run, what nodes cost that came in place of those that it had removed. */
function cameBack(
  runs: readonly BodyOf<'run'>[],
  lives: ReadonlyMap<string, Life>,
  { from, to }: Period,
): Map<string, number> {
  const own = new Set(runs.flatMap(({ launched }) => launched.map(({ uid }) => uid)));
  const removed = new Set(runs.flatMap((run) => run.removed.map(({ uid }) => uid)));
  const gone = runs.flatMap((run) =>
    run.removed.map(({ at, microsPerHour }) => ({ at, run: run.run, left: microsPerHour ?? 0 })),
  );
  const open: typeof gone = [];
  const back = new Map<string, number>();
  const coming = [...lives.values()].filter(({ uid }) => !own.has(uid)).sort((one, other) => one.from - other.from);
  gone.sort((one, other) => one.at - other.at);
  for (const node of coming) {
    while (gone.length > 0 && gone[0]!.at <= node.from) open.push(gone.shift()!);
    // One that a later run has removed again is that run's saving, and no more this one's.
    const until = removed.has(node.uid) ? to : goneAt(node, to);
    let left = node.microsPerHour;
    for (const one of open.toReversed()) {
      const taken = Math.min(left, one.left);
      one.left -= taken;
      left -= taken;
      const end = Math.min(until, to, one.at + WINDOW_MS);
      back.set(one.run, (back.get(one.run) ?? 0) + costOf(taken, Math.max(node.from, from), end));
      if (left === 0) break;
    }
  }
  return back;
}

function savingOf(
  run: BodyOf<'run'>,
  { from, to }: Period,
  lives: ReadonlyMap<string, Life>,
  removedByRuns: ReadonlySet<string | null>,
  backMicros: number,
): RunSaving {
  const { promised, removed, launched } = run;
  const avoidedMicros = removed.reduce(
    (sum, { at, microsPerHour }) => sum + costOf(microsPerHour ?? 0, Math.max(at, from), Math.min(to, at + WINDOW_MS)),
    0,
  );
  const launchedMicros = launched.reduce((sum, { uid, microsPerHour, from: since, until }) => {
    // Whoever else removes it, from then on it costs nothing; a later run that does so saves it in its turn.
    const isRemoved = uid !== null && removedByRuns.has(uid);
    const gone = isRemoved ? lifeEnd(uid, lives, to) + WINDOW_MS : (until ?? lifeEnd(uid, lives, to));
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

function lifeEnd(uid: string | null, lives: ReadonlyMap<string, Life>, to: number): number {
  return goneAt(uid === null ? undefined : lives.get(uid), to);
}

/** A node of which nothing later is written is still there: what it is is written when the hour is full. */
function goneAt(life: { readonly until: number } | undefined, to: number): number {
  return life === undefined || to - life.until <= HOUR_MS ? to : life.until;
}

/** Rounded once. */
function costOf(microsPerHour: number, from: number, until: number): number {
  return until <= from ? 0 : Math.round((microsPerHour * (until - from)) / HOUR_MS);
}
