import { z } from 'zod';

/** What is wrong with an answer and where, in one line. */
export function firstProblem(error: z.ZodError): string {
  return z.prettifyError(error).split('\n').slice(0, 2).join(' ');
}
