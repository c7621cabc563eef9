import { CommanderError } from 'commander';
import { buildProgram } from './program.ts';

/** Runs the command line and returns the exit code: 0 done, 1 failed, 2 the input or the usage is wrong. */
export async function main(argv: readonly string[]): Promise<number> {
  // A reader that has seen enough, such as `head`, is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  try {
    await buildProgram().parseAsync([...argv]);
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const { reportError } = await import('./report-error.ts');
    return reportError(error);
  }
}
