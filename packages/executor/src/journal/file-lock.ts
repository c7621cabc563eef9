import { DatabaseSync } from 'node:sqlite';
import { JournalError } from '../errors.ts';

/**
 * Holds a file for this process alone. The lock is the kernel's (SQLite's exclusive lock on an empty database), so it
 * ends with the process, however that ends, and holds between containers that share the file system.
 */
export function lockFile(path: string, what: string): { release(): void } {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path);
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    throw new JournalError('IN_USE', `${what} is in use by another restow; wait for it, or stop it`, { cause: error });
  }
  const held = database;
  return { release: () => held.close() };
}
