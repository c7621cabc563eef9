import { Worker } from 'node:worker_threads';
import { InputError, type Plan, RestowError } from '@restow/model';
import { giveBackMemory } from './give-back-memory.ts';
import type { PlanRequest } from './make-plan.ts';
import type { SearchInput, WorkerMessage } from './worker-messages.ts';
import { workerUrl } from './worker-url.ts';

export interface WorkerOptions {
  /** After this the search ends with the best found. */
  readonly timeLimitMs: number;
  /** Aborting asks for the best plan so far; the status says so. */
  readonly signal: AbortSignal;
  readonly onProgress: (phase: string) => void;
}

/** The worker ended without a plan. */
export class SolverWorkerError extends RestowError {
  constructor(message: string, options?: ErrorOptions) {
    super('RESTOW_SOLVER', message, options);
  }
}

/** How long after its limit, or after a cancel, a worker may take to check and hand over what it has, and for each pod. */
const GRACE_MS = 30_000;
const GRACE_MS_PER_POD = 0.6;

/** `makePlan` in a thread of its own, so that the caller stays responsive and the solver can be stopped. */
export async function planInWorker(request: PlanRequest, options: WorkerOptions): Promise<Plan> {
  return (await inWorker(request, 'best', options))[0]!;
}

/** `makeFrontier` in a thread of its own. */
export function frontierInWorker(request: PlanRequest, options: WorkerOptions): Promise<readonly Plan[]> {
  return inWorker(request, 'frontier', options);
}

function inWorker(
  request: PlanRequest,
  wants: SearchInput['wants'],
  { timeLimitMs, signal, onProgress }: WorkerOptions,
): Promise<readonly Plan[]> {
  giveBackMemory(request.snapshot.pods.length);
  const flag = new SharedArrayBuffer(4);
  const input: SearchInput = { restow: 'solver', request, wants, flag, timeLimitMs };
  const worker = new Worker(workerUrl(), { workerData: input });
  const graceMs = GRACE_MS + GRACE_MS_PER_POD * request.snapshot.pods.length;
  return new Promise((resolve, reject) => {
    let timer = setTimeout(giveUp, timeLimitMs + graceMs);
    function giveUp() {
      settle(() => reject(new SolverWorkerError('the solver did not answer in time and was ended')));
    }
    function cancel() {
      Atomics.store(new Int32Array(flag), 0, 1);
      clearTimeout(timer);
      timer = setTimeout(giveUp, graceMs);
    }
    function settle(act: () => void) {
      clearTimeout(timer);
      signal.removeEventListener('abort', cancel);
      void worker.terminate();
      act();
    }
    worker.on('message', (message: WorkerMessage) => {
      if (message.kind === 'progress') onProgress(message.phase);
      else if (message.kind === 'plans') settle(() => resolve(message.plans));
      else settle(() => reject(new InputError(message.problem, message.location)));
    });
    worker.on('error', (error) => settle(() => reject(error)));
    worker.on('exit', (code) => settle(() => reject(new SolverWorkerError(`the solver ended early (${code})`))));
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel);
  });
}
