import { spawn } from 'node:child_process';
import { untilFound } from '@restow/testkit';
import { BIN } from '../cli/run-restow.ts';

export interface LogLine {
  readonly msg: string;
  readonly level: number;
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly run?: string;
  readonly schedule?: string;
  readonly reason?: string;
  readonly outcome?: string;
  readonly url?: string;
  readonly moves?: object;
  readonly savingMicrosPerHour?: number;
  readonly microsPerHour?: { readonly before: number; readonly promised: number };
}

/** `restow serve` in a process of its own, and what it logs; `enter`: a command by which it runs elsewhere. */
export class Server {
  readonly logs: LogLine[] = [];
  readonly #child: ReturnType<typeof spawn>;
  readonly #ended: Promise<number | null>;
  #rest = '';
  #errors = '';

  constructor(args: readonly string[], env: Readonly<Record<string, string>>, enter: readonly string[] = []) {
    const [command, ...rest] = [...enter, process.execPath, BIN, 'serve', ...args];
    this.#child = spawn(command!, rest, { env: { ...process.env, ...env } });
    this.#child.stdout!.setEncoding('utf8').on('data', (part: string) => {
      const lines = (this.#rest + part).split('\n');
      this.#rest = lines.pop()!;
      this.logs.push(...lines.map((line) => JSON.parse(line) as LogLine));
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (part: string) => {
      this.#errors += part;
    });
    this.#ended = new Promise((resolve) => this.#child.once('close', (code) => resolve(code)));
  }

  /** The first line of the kind that comes from now on, or was there at `from`. */
  async logged(what: string, test: (line: LogLine) => boolean, from = 0): Promise<LogLine> {
    return untilFound(
      async () => {
        const found = this.logs.slice(from).find(test);
        if (found === undefined && this.#child.exitCode !== null) throw new Error(`it ended: ${this.#errors}`);
        return found ?? null;
      },
      what,
      240_000,
    );
  }

  async get(path: string): Promise<{ readonly status: number; readonly text: string }> {
    const { url } = await this.logged('it listens', ({ msg }) => msg === 'listening');
    const response = await fetch(`${url}${path}`);
    return { status: response.status, text: await response.text() };
  }

  /** One figure of the metrics; 0 when it is not there. */
  async metric(name: string): Promise<number> {
    const { text } = await this.get('/metrics');
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? 0 : Number(line.slice(name.length + 1));
  }

  /** Answers its exit code, null where it was killed; throws with what it has said where that is not 0. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    this.#child.kill(signal);
    const code = await this.#ended;
    if (code) throw new Error(`it ended with ${code}: ${this.#errors}\n${JSON.stringify(this.logs.slice(-5))}`);
    return code;
  }
}
