import { isMainThread } from 'node:worker_threads';
import { InputError, RestowError } from '@restow/model';
import { CommanderError } from 'commander';
import { buildProgram } from './program.ts';

/** Runs the command line and returns the exit code: 0 done, 1 failed, 2 the input or the usage is wrong. */
export async function main(argv: readonly string[]): Promise<number> {
  if (!isMainThread) return 0;
  try {
    await buildProgram().parseAsync([...argv]);
    return 0;
  } catch (error) {
    return reportError(error);
  }
}

function reportError(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof InputError) {
    process.stderr.write(`restow: ${error.message}\n`);
    return 2;
  }
  if (error instanceof RestowError) {
    process.stderr.write(`restow: ${error.message} [${error.code}]\n`);
    return 1;
  }
  process.stderr.write(`restow: unexpected failure, please report it\n${(error as Error)?.stack ?? String(error)}\n`);
  return 1;
}
