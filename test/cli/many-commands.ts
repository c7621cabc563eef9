import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Outcome } from './run-restow.ts';

const SERVER = fileURLToPath(new URL('command-server.ts', import.meta.url));

/** The command in one process for many, where what it costs to begin would be most of the test. */
export class ManyCommands {
  readonly #child: ChildProcess = fork(SERVER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  #last: Promise<unknown> = Promise.resolve();

  /** One after the other. */
  run(args: readonly string[]): Promise<Outcome> {
    const outcome = this.#last.then(
      () =>
        new Promise<Outcome>((resolve, reject) => {
          const onExit = (code: number | null) => reject(new Error(`it ended with ${code}`));
          this.#child.once('exit', onExit);
          this.#child.once('message', (message) => {
            this.#child.off('exit', onExit);
            resolve(message as Outcome);
          });
          this.#child.send({ args });
        }),
    );
    this.#last = outcome.catch(() => {});
    return outcome;
  }

  stop(): void {
    this.#child.kill();
  }
}
