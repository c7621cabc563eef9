import { hashOf, NO_HASH } from './chain.ts';
import { bodySchema } from './entry.ts';
import type { StoredEntry } from './ledger-store.ts';

export interface Verdict {
  readonly entries: number;
  /** The last hash: who has written it down elsewhere knows that nothing was cut off since. */
  readonly hash: string;
  /** The first thing that is wrong; null: nothing is. */
  readonly problem: string | null;
}

/** Computes every hash again. What comes after the first entry that is wrong proves nothing and is not looked at. */
export function verify(stored: Iterable<StoredEntry>): Verdict {
  let previous = NO_HASH;
  let entries = 0;
  for (const { number, text, hash } of stored) {
    const wrong = (problem: string): Verdict => ({ entries, hash: previous, problem });
    if (number !== entries + 1) return wrong(`entry ${entries + 1} is not there: the next is ${number}`);
    if (hashOf(previous, number, text) !== hash) {
      return wrong(`entry ${number} is not as it was written, or one before it: its hash is another`);
    }
    if (!isUnderstood(text)) return wrong(`entry ${number} is not understood`);
    entries = number;
    previous = hash;
  }
  return { entries, hash: previous, problem: null };
}

function isUnderstood(text: string): boolean {
  try {
    return bodySchema.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
