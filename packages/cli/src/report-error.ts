import { InputError, RestowError } from '@restow/model';

/** Says on stderr what went wrong and returns the exit code. Only a bug shows its stack. */
export function reportError(error: unknown): number {
  if (error instanceof InputError) {
    process.stderr.write(`restow: ${error.message}\n`);
    return 2;
  }
  if (error instanceof RestowError) {
    process.stderr.write(`restow: ${error.message} [${error.code}]\n`);
    return 1;
  }
  const stack = error instanceof Error ? error.stack : String(error);
  process.stderr.write(`restow: unexpected failure, please report it\n${stack}\n`);
  return 1;
}
