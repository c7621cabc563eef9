import { JournalError } from '../errors.ts';
import type { Journal } from '../ports/journal.ts';
import type { JournalRecord } from './record.ts';

/** Keeps records for as long as the process lives: for simulations, whose cluster does not live longer either. */
export class MemoryJournal implements Journal {
  readonly #records: JournalRecord[];
  #open = true;

  constructor(records: readonly JournalRecord[] = []) {
    this.#records = [...records];
  }

  async read(): Promise<readonly JournalRecord[]> {
    return [...this.#records];
  }

  async append(record: JournalRecord): Promise<void> {
    if (!this.#open) throw new JournalError('IN_USE', 'the journal has been closed');
    this.#records.push(record);
  }

  async close(): Promise<void> {
    this.#open = false;
  }
}
