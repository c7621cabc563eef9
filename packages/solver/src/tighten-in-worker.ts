import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { Bounded } from './bound/bounded.ts';
import type { Relaxation } from './bound/relax.ts';
import { type Tightened, type TighteningEffort, untightened } from './bound/tighten.ts';
import { ANSWERED, STOP, type TightenInput } from './worker-messages.ts';
import { workerUrl } from './worker-url.ts';

/** How often somebody who waits for the bound asks whether to go on waiting. */
const POLL_MS = 20;
/** What a thread may take that was told to stop. */
const GRACE_MS = 100;
/** A thread that takes longer than this after the search has ended has failed. */
const MOST_WAIT_MS = 120_000;

/** Begins to tighten a bound, and returns how to get it: waits for it, or until `stop`; null ends it. */
export type Tightening = (
  problem: Bounded,
  relaxation: Relaxation,
  effort: TighteningEffort,
) => (stop: (() => boolean) | null) => Tightened;

/**
 * In a thread of its own, so that the bound gets tighter while the plan is searched, which occupies this one: who waits
 * blocks, as the search does. Without an answer the bound is what it was.
 */
export const tightenInWorker: Tightening = (problem, relaxation, effort) => {
  const flags = new SharedArrayBuffer(8);
  const flag = new Int32Array(flags);
  const { port1, port2 } = new MessageChannel();
  const input: TightenInput = { restow: 'solver', wants: 'bound', problem, relaxation, effort, flags, port: port2 };
  const worker = new Worker(workerUrl(), { workerData: input, transferList: [port2] });
  worker.on('error', () => {});
  worker.unref();
  port1.unref();
  return (stop) => {
    if (stop === null) {
      void worker.terminate();
      return untightened(relaxation);
    }
    let left = MOST_WAIT_MS;
    while (left > 0 && Atomics.load(flag, ANSWERED) === 0) {
      if (stop() && Atomics.exchange(flag, STOP, 1) === 0) left = Math.min(left, GRACE_MS);
      Atomics.wait(flag, ANSWERED, 0, POLL_MS);
      left -= POLL_MS;
    }
    const answer = receiveMessageOnPort(port1);
    void worker.terminate();
    return (answer?.message as Tightened | undefined) ?? untightened(relaxation);
  };
};
