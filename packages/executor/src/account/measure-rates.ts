import type { MovingRates } from '@restow/model';
import type { JournalRecord } from '../journal/record.ts';

/** What has been measured; null: too seldom to say. */
export type MeasuredRates = { readonly [Rate in keyof MovingRates]: number | null };

const FEWEST = 5;
/** Sizes that are closer say nothing of the rate. */
const APART_BYTES = 10_000_000;

interface Samples {
  readonly live: { readonly bytes: number; readonly ms: number }[];
  readonly stopMs: number[];
  readonly startMs: number[];
  readonly launchMs: number[];
}

/**
 * How fast pods have moved and nodes have come, by the journals of runs on one cluster: medians of what went well. Of live
 * moves the rate is the median slope between any two of them (Theil and Sen), and the rest of the time the median of what
 * that leaves.
 */
export function measureRates(runs: Iterable<readonly JournalRecord[]>): MeasuredRates {
  const samples: Samples = { live: [], stopMs: [], startMs: [], launchMs: [] };
  for (const records of runs) collect(records, samples);
  const { live, stopMs, startMs, launchMs } = samples;
  const slopes = live.flatMap((one, index) =>
    live.slice(index + 1).flatMap((other) => {
      const bytes = other.bytes - one.bytes;
      return Math.abs(bytes) < APART_BYTES ? [] : [(other.ms - one.ms) / bytes];
    }),
  );
  const slope = live.length < FEWEST ? null : medianOf(slopes, 1);
  const isRate = slope !== null && slope > 0;
  return {
    liveMs: isRate
      ? medianOf(
          live.map(({ bytes, ms }) => Math.max(0, ms - slope * bytes)),
          FEWEST,
        )
      : null,
    bytesPerSecond: isRate ? Math.round(1000 / slope) : null,
    stopMs: medianOf(stopMs, FEWEST),
    startMs: medianOf(startMs, FEWEST),
    launchMs: medianOf(launchMs, FEWEST),
    // Nobody looks on when a node is lost.
    lostMs: null,
  };
}

function collect(records: readonly JournalRecord[], { live, stopMs, startMs, launchMs }: Samples): void {
  const begun = new Map<string, Extract<JournalRecord, { type: 'begun' }>>();
  /** Of evicted pods, by their step. */
  const stopped = new Map<string, number>();
  const ordered = new Map<string, number>();
  for (const record of records) {
    if (record.type === 'begun') {
      begun.set(record.act, record);
      if (record.does.kind === 'launch') ordered.set(record.does.order.token, record.at);
    }
    if (record.type !== 'acted' || !record.outcome.ok) continue;
    const { does, step, at } = begun.get(record.act) ?? {};
    if (does === undefined || step === undefined || at === undefined) continue;
    const ms = record.at - at;
    if (does.kind === 'move' && does.order.method === 'live') live.push({ bytes: record.outcome.movedBytes ?? 0, ms });
    if (does.kind === 'move' && does.order.method === 'evict') {
      stopMs.push(ms);
      stopped.set(step, record.at);
    }
    const stoppedAt = stopped.get(step);
    if (does.kind === 'verify' && stoppedAt !== undefined && record.outcome.landedOn !== undefined) {
      startMs.push(record.at - stoppedAt);
      stopped.delete(step);
    }
    const orderedAt = does.kind === 'wait-ready' ? ordered.get(does.token) : undefined;
    if (orderedAt !== undefined) launchMs.push(record.at - orderedAt);
  }
}

function medianOf(values: readonly number[], fewest: number): number | null {
  if (values.length < fewest) return null;
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[sorted.length >> 1]!;
}
