import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const STOP_MS = 5000;

/** A server that runs beside a test, writes to a log of its own, and dies with the test however that ends. */
export class Daemon {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #log: string;
  #exit: string | null = null;

  constructor(name: string, folder: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#name = name;
    this.#log = join(folder, `${name}.log`);
    const log = openSync(this.#log, 'a');
    // The kernel kills it with its parent; no handler has to run for that.
    this.#child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', command, ...args], {
      stdio: ['ignore', log, log],
      // For those that are written in Go: memory there is enough of, time there is not.
      env: { GOGC: '300', ...process.env, ...env },
    });
    closeSync(log);
    this.#child.on('exit', (code, signal) => {
      this.#exit = signal ?? String(code);
    });
    this.#child.on('error', (error) => {
      this.#exit = error.message;
    });
  }

  /** Asks until `isReady` says so; throws with the end of the log when the server ends or the time does. */
  async waitFor(isReady: () => Promise<boolean>, limitMs = 60_000): Promise<void> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      if (await isReady().catch(() => false)) return;
      if (this.#exit !== null) throw new Error(`${this.#name} ended (${this.#exit}):\n${this.#tail()}`);
      if (Date.now() > deadline) throw new Error(`${this.#name} is not ready after ${limitMs} ms:\n${this.#tail()}`);
      await sleep(50);
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Everything that it has written. */
  get log(): string {
    return readFileSync(this.#log, 'utf8');
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#exit !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await ended;
    clearTimeout(timer);
  }

  #tail(): string {
    return this.log.slice(-3000);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
