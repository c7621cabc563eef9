import { parentPort, workerData } from 'node:worker_threads';
import { InputError } from '@restow/model';
import { loadEngines } from './lp/engines.ts';
import { makeFrontier } from './make-frontier.ts';
import { makePlan, type PlanContext } from './make-plan.ts';
import { STOP_REASONS, type WorkerInput, type WorkerMessage } from './worker-messages.ts';

/** Runs one request of `planInWorker` or `frontierInWorker` and ends. */
export async function serveWorker(): Promise<void> {
  const { request, wants, flag, timeLimitMs } = workerData as WorkerInput;
  const stopped = new Int32Array(flag);
  const started = performance.now();
  const send = (message: WorkerMessage) => parentPort!.postMessage(message);
  try {
    const engines = await loadEngines();
    const context: PlanContext = {
      engines,
      now: () => Date.now(),
      stop: () => {
        const reason = STOP_REASONS[Atomics.load(stopped, 0)] ?? null;
        return reason === null && performance.now() - started > timeLimitMs ? 'time-limit' : reason;
      },
      onProgress: (phase) => send({ kind: 'progress', phase }),
    };
    const plans = wants === 'frontier' ? makeFrontier(request, context) : [makePlan(request, context)];
    send({ kind: 'plans', plans });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    send({ kind: 'input-error', problem: error.problem, location: error.location });
  }
}
