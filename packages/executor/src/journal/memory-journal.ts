import { JournalError } from '../errors.ts';
import type { Journal } from '../ports/journal.ts';
import type { JournalRecord } from './record.ts';

/** Keeps records for as long as the process lives: for simulations, whose cluster does not live longer either. */
export class MemoryJournal implements Journal {
  readonly #records: JournalRecord[];
  readonly #onClose: () => void;
  #open = true;

  constructor(records: JournalRecord[] = [], onClose: () => void = () => {}) {
    this.#records = records;
    this.#onClose = onClose;
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
    this.#onClose();
  }
}

/** Where a journal in memory lies between two runs. */
export class MemoryPlace {
  readonly #records: JournalRecord[] = [];
  #inUse = false;

  async create(): Promise<Journal> {
    if (this.#records.length > 0) throw new JournalError('EXISTS', 'there is a run already; resume it, or abort it');
    return this.#take();
  }

  async open(): Promise<Journal> {
    return this.#take();
  }

  #take(): Journal {
    if (this.#inUse) throw new JournalError('IN_USE', 'the journal is in use');
    this.#inUse = true;
    return new MemoryJournal(this.#records, () => {
      this.#inUse = false;
    });
  }
}
