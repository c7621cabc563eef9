import type { Clock } from '@restow/executor';
import { happen } from '../world/happen.ts';
import type { World } from '../world/world.ts';

interface Sleeper {
  readonly at: number;
  readonly number: number;
  readonly wake: () => void;
}

/**
 * Runs a simulated world as fast as it can: whenever everybody waits, time jumps to the next thing that happens or to
 * whoever wakes first.
 */
export class Simulation {
  readonly world: World;
  readonly clock: Clock;
  readonly #sleepers = new Set<Sleeper>();
  readonly #busy = new Set<Promise<unknown>>();
  #number = 0;

  constructor(world: World) {
    this.world = world;
    this.clock = { now: () => world.now, sleep: (ms, signal) => this.#sleep(ms, signal) };
  }

  /** Time stands still while something real is being waited for. */
  async during<Result>(work: Promise<Result>): Promise<Result> {
    this.#busy.add(work);
    try {
      return await work;
    } finally {
      this.#busy.delete(work);
    }
  }

  /** Lets time pass until `main` is done; throws when nothing would ever happen any more. */
  async drive<Result>(main: Promise<Result>): Promise<Result> {
    let isDone = false;
    const done = () => {
      isDone = true;
    };
    main.then(done, done);
    for (;;) {
      await everybodyWaits();
      if (isDone) return main;
      if (this.#busy.size > 0) await Promise.allSettled(this.#busy);
      else this.#next();
    }
  }

  /** Lets things happen until `at`. */
  async passTo(at: number): Promise<void> {
    await this.drive(this.#sleep(at - this.world.now, new AbortController().signal));
  }

  #next(): void {
    let first: Sleeper | null = null;
    for (const sleeper of this.#sleepers) {
      if (first === null || sleeper.at < first.at || (sleeper.at === first.at && sleeper.number < first.number)) {
        first = sleeper;
      }
    }
    const event = this.world.nextAt();
    if (event !== null && (first === null || event <= first.at)) {
      happen(this.world);
      return;
    }
    if (first === null) throw new Error('everybody waits in the simulation, and nothing will ever happen');
    this.world.passTo(first.at);
    first.wake();
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const end = () => {
        this.#sleepers.delete(sleeper);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        end();
        reject(signal.reason);
      };
      const wake = () => {
        end();
        resolve();
      };
      const sleeper = { at: this.world.now + Math.max(0, Math.ceil(ms)), number: ++this.#number, wake };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', onAbort);
    });
  }
}

/** All microtasks, and what they have begun. */
function everybodyWaits(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
