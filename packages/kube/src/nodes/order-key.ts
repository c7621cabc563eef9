import { createHash } from 'node:crypto';

/** Names an order by its token; short enough for a label, a tag, or part of a name. */
export function orderKey(token: string): string {
  return createHash('sha256').update(token).digest('hex').slice(0, 12);
}
