import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const BIN = fileURLToPath(new URL('../../packages/cli/bin/restow.js', import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RestowOptions {
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What to put before it, so that it runs somewhere else. */
  readonly enter?: readonly string[];
  /** Told its process, so that it can be stopped and let go on. */
  readonly onStart?: (pid: number) => void;
  /** Killed as soon as it has written this. */
  readonly killAt?: RegExp;
  /** Told everything that it has written so far. */
  readonly onOutput?: (output: string) => void;
}

/** Runs the real command in a process of its own. */
export function restow(args: readonly string[], options: RestowOptions = {}): Promise<Outcome> {
  const [command, ...rest] = [...(options.enter ?? []), process.execPath, BIN, ...args];
  const child = spawn(command!, rest, {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
  });
  options.onStart?.(child.pid!);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout += part;
    if (options.killAt?.test(stdout) === true) child.kill('SIGKILL');
    options.onOutput?.(stdout);
  });
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}
