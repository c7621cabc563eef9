import type { Body, Entry } from './entry.ts';

/** An entry as it is stored. */
export interface StoredEntry {
  readonly number: number;
  readonly text: string;
  readonly hash: string;
}

/**
 * Where a ledger is kept. Nothing of it is ever changed, and what is appended together is there whole or not at all,
 * whatever is killed.
 */
export interface LedgerStore {
  /** `state` is what the recorder knows besides and may be replaced; it goes with the entries. */
  append(bodies: readonly Body[], state?: string): void;
  /** The last one that was given; null: none. */
  state(): string | null;
  /** In their order, each as it is stored. */
  stored(): Iterable<StoredEntry>;
  /** In their order. Throws LedgerError where one cannot be understood. */
  entries(): Iterable<Entry>;
  close(): void;
}
