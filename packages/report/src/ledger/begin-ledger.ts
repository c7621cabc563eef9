import type { BodyOf } from './entry.ts';
import type { LedgerStore } from './ledger-store.ts';

/** Writes down whose ledger it is, unless something is in it already. */
export function beginLedger(store: LedgerStore, of: Omit<BodyOf<'opened'>, 'kind'>): void {
  for (const _first of store.stored()) return;
  store.append([{ kind: 'opened', ...of }]);
}
