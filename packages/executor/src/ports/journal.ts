import type { JournalRecord } from '../journal/record.ts';

/** What a run has done and is about to do, kept so that a successor can go on. One process at a time has it open. */
export interface Journal {
  /** All records so far, in order. */
  read(): Promise<readonly JournalRecord[]>;
  /** Answers when the record would survive a power cut. */
  append(record: JournalRecord): Promise<void>;
  /** Lets others open it. */
  close(): Promise<void>;
}
