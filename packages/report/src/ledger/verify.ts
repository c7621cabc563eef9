import { LedgerError } from '../errors.ts';
import { hashOf, NO_HASH } from './chain.ts';
import { type Body, bodySchema } from './entry.ts';
import type { StoredEntry } from './ledger-store.ts';

export interface Verdict {
  readonly entries: number;
  /** The last hash: who has written it down elsewhere knows that nothing was cut off since. */
  readonly hash: string;
  /** The first thing that is wrong; null: nothing is. */
  readonly problem: string | null;
}

/**
 * Computes every hash again, and hands on what is as it was written. What comes after the first entry that is wrong proves
 * nothing and is not looked at.
 */
export function verify(stored: Iterable<StoredEntry>, onSound: (body: Body) => void = () => {}): Verdict {
  let hash = NO_HASH;
  let entries = 0;
  const wrong = (problem: string): Verdict => ({ entries, hash, problem });
  try {
    for (const entry of stored) {
      const { number, text } = entry;
      if (number !== entries + 1) return wrong(`entry ${entries + 1} is not there: the next is ${number}`);
      if (hashOf(hash, number, text) !== entry.hash) {
        return wrong(`entry ${number} is not as it was written, or one before it: its hash is another`);
      }
      const body = understood(text);
      if (body === null) return wrong(`entry ${number} is not understood`);
      onSound(body);
      entries = number;
      hash = entry.hash;
    }
  } catch (error) {
    if (error instanceof LedgerError) return wrong(`entry ${entries + 1} cannot be read: ${error.message}`);
    throw error;
  }
  return { entries, hash, problem: null };
}

function understood(text: string): Body | null {
  try {
    return bodySchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
