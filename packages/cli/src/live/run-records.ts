import { FileJournal, JournalError, type JournalRecord } from '@restow/executor';
import { journalOf } from './run-folder.ts';

/** What a run that was begun from here has done; nothing where that cannot be read: it goes on, never began, or is damaged. */
export async function recordsOf(runId: string): Promise<readonly JournalRecord[]> {
  try {
    const journal = FileJournal.open(journalOf(runId));
    try {
      return await journal.read();
    } finally {
      await journal.close();
    }
  } catch (error) {
    if (error instanceof JournalError || (error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
