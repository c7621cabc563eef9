import { OutageError } from '@restow/executor';
import { SERVER_ERROR, TOO_MANY_REQUESTS } from '../status.ts';
import type { WriteAnswer } from './kube-api.ts';

type Refused = Extract<WriteAnswer, { ok: false }>;

/** A refusal in words; throws OutageError where the server is only not up to it just now. */
export function refusedBecause(
  what: string,
  answer: Refused,
): { readonly ok: false; readonly code: 'refused'; readonly reason: string } {
  if (answer.status === TOO_MANY_REQUESTS || answer.status >= SERVER_ERROR) {
    throw new OutageError(`${what}: ${answer.status} ${answer.message}`);
  }
  return { ok: false, code: 'refused', reason: `${what}: ${answer.message}` };
}
