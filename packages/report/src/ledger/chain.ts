import { createHash } from 'node:crypto';

/** Before the first entry. */
export const NO_HASH = '0'.repeat(64);

/** The hash of an entry: of the one before, of its number and of its text as it is stored. */
export function hashOf(previous: string, number: number, text: string): string {
  return createHash('sha256').update(`${previous}\n${number}\n${text}`).digest('hex');
}
