import { execFile } from 'node:child_process';

/** A program of the node ended badly; its message ends with the last line that it has written. */
export class ProgramError extends Error {
  readonly output: string;

  constructor(command: string, why: string, output: string) {
    super(`${command}: ${why}${output === '' ? '' : `: ${output.trimEnd().split('\n').at(-1)}`}`);
    this.output = output;
  }
}

export interface RunOptions {
  readonly limitMs: number;
  readonly signal?: AbortSignal;
  readonly input?: string;
}

const MOST_BYTES = 2 ** 24;

/** Runs a program of the node to its end; its standard output. Throws ProgramError. */
export function runProgram(command: readonly string[], { limitMs, signal, input }: RunOptions): Promise<string> {
  const [program, ...args] = command as [string, ...string[]];
  const options = {
    timeout: limitMs,
    killSignal: 'SIGKILL' as const,
    maxBuffer: MOST_BYTES,
    ...(signal && { signal }),
  };
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout);
      const why = error.killed === true ? `took longer than ${limitMs} ms` : `ended with ${error.code ?? error.signal}`;
      reject(new ProgramError(`${program} ${args[0] ?? ''}`, why, stderr));
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input ?? '');
  });
}
