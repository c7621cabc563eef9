import { allocate, microsOf, type Period } from './allocate/allocate.ts';
import { type Missing, missingMs } from './coverage.ts';
import type { Body } from './ledger/entry.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The shortest that makes no more of them than this. */
const SPANS_MS = [HOUR_MS, DAY_MS, 7 * DAY_MS, 28 * DAY_MS];
const MOST_SPANS = 62;

/** What was paid in one part of a period. */
export interface Span extends Period {
  readonly podMicros: number;
  readonly idleMicros: number;
  /** For so long of it nothing is known. */
  readonly unknownMs: number;
}

/** A period in equal parts: hours, days or weeks, of UTC, the first and the last as long as they are in it. */
export function overTime(bodies: readonly Body[], period: Period, missing: readonly Missing[]): Span[] {
  const spanMs = SPANS_MS.find((ms) => (period.to - period.from) / ms <= MOST_SPANS) ?? SPANS_MS.at(-1)!;
  const first = Math.floor(period.from / spanMs);
  const count = Math.ceil(period.to / spanMs) - first;
  const parts: Body[][] = Array.from({ length: count }, () => []);
  for (const body of bodies) {
    if (body.kind !== 'node' && body.kind !== 'pod') continue;
    const from = Math.max(0, Math.floor(body.from / spanMs) - first);
    const until = Math.min(count, Math.ceil(body.until / spanMs) - first);
    for (let index = from; index < until; index++) parts[index]!.push(body);
  }
  return parts.map((part, index): Span => {
    const from = Math.max(period.from, (first + index) * spanMs);
    const to = Math.min(period.to, (first + index + 1) * spanMs);
    const { shares } = allocate(part, { from, to });
    const podMicros = microsOf(shares.filter(({ pod }) => pod !== null));
    return {
      from,
      to,
      podMicros,
      idleMicros: microsOf(shares) - podMicros,
      unknownMs: missingMs(missing, { from, to }),
    };
  });
}
