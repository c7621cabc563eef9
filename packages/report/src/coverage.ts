import type { Period } from './allocate/allocate.ts';
import type { Body } from './ledger/entry.ts';

export interface Missing {
  readonly from: number;
  readonly until: number;
  readonly why: string;
}

/**
 * The parts of a period of which the ledger does not know what there was, and why, in order. `problem`: why it is not
 * believed to its end; null: it is.
 */
export function missingIn(bodies: Iterable<Body>, { from, to }: Period, problem: string | null): Missing[] {
  let first: number | null = null;
  let last: number | null = null;
  const gaps: Missing[] = [];
  for (const body of bodies) {
    if (body.kind === 'opened') first = Math.min(first ?? body.at, body.at);
    if (body.kind === 'gap') gaps.push({ from: body.from, until: body.until, why: body.why });
    if (body.kind === 'node' || body.kind === 'gap') last = Math.max(last ?? body.until, body.until);
  }
  const before: Missing[] = first === null ? [] : [{ from, until: first, why: 'the ledger had not begun' }];
  const end = last ?? first;
  const after: Missing[] =
    end === null
      ? [{ from, until: to, why: problem ?? 'the ledger is empty' }]
      : [{ from: end, until: to, why: problem ?? 'not written yet' }];
  return [...before, ...gaps, ...after]
    .map((gap) => ({ ...gap, from: Math.max(gap.from, from), until: Math.min(gap.until, to) }))
    .filter((gap) => gap.from < gap.until)
    .sort((one, other) => one.from - other.from);
}

/** For how long of a period nothing is known. */
export function missingMs(missing: readonly Missing[], { from, to }: Period): number {
  const parts = missing
    .map((one) => ({ from: Math.max(one.from, from), until: Math.min(one.until, to) }))
    .sort((one, other) => one.from - other.from);
  let ms = 0;
  let known = from;
  for (const part of parts) {
    ms += Math.max(0, part.until - Math.max(part.from, known));
    known = Math.max(known, part.until);
  }
  return ms;
}
