import { Worker } from 'node:worker_threads';
import { InputError, type Plan, RestowError } from '@restow/model';
import { isDrafted, nothingFound } from './drafts.ts';
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
  /** How long after a cancel the search may take to check and hand over its best; then its last draft is handed over. */
  readonly handOverMs?: number;
}

/** The worker ended without a plan. */
export class SolverWorkerError extends RestowError {
  constructor(message: string, options?: ErrorOptions) {
    super('RESTOW_SOLVER', message, options);
  }
}

/** So that a cancel is answered within half a second. */
const HAND_OVER_MS = 300;
/** How long after its limit, or after a cancel, a worker may take to check and hand over what it has, and for each pod. */
const GRACE_MS = 30_000;
const GRACE_MS_PER_POD = 0.6;

/** `makePlan` in a thread of its own, so that the caller stays responsive and the solver can be stopped. */
export async function planInWorker(request: PlanRequest, options: WorkerOptions): Promise<Plan> {
  return (await inWorker(request, 'best', options))[0]!;
}

/** `makeFrontier` in a thread of its own; one that is cancelled may have the cheapest plan alone. */
export function frontierInWorker(request: PlanRequest, options: WorkerOptions): Promise<readonly Plan[]> {
  return inWorker(request, 'frontier', options);
}

function inWorker(
  request: PlanRequest,
  wants: SearchInput['wants'],
  { timeLimitMs, signal, onProgress, handOverMs = HAND_OVER_MS }: WorkerOptions,
): Promise<readonly Plan[]> {
  giveBackMemory(request.snapshot.pods.length);
  const flag = new SharedArrayBuffer(4);
  const input: SearchInput = { restow: 'solver', request, wants, flag, timeLimitMs };
  const worker = new Worker(workerUrl(), { workerData: input });
  const graceMs = GRACE_MS + GRACE_MS_PER_POD * request.snapshot.pods.length;
  return new Promise((resolve, reject) => {
    let draft: Plan | null = null;
    let isOverdue = false;
    let timer = setTimeout(giveUp, timeLimitMs + graceMs);
    function giveUp() {
      settle(() => reject(new SolverWorkerError('the solver did not answer in time and was ended')));
    }
    function cancel() {
      Atomics.store(new Int32Array(flag), 0, 1);
      clearTimeout(timer);
      timer = setTimeout(handOver, handOverMs);
      if (draft === null && isDrafted(request)) draft = nothingFound(request, new Date());
    }
    /** Gives out the last draft, or the next one. */
    function handOver() {
      const best = draft;
      if (best !== null) return settle(() => resolve([best]));
      isOverdue = true;
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
      else if (message.kind === 'draft') {
        draft = message.plan;
        if (isOverdue) handOver();
      } else if (message.kind === 'plans') settle(() => resolve(message.plans));
      else settle(() => reject(new InputError(message.problem, message.location)));
    });
    worker.on('error', (error) => settle(() => reject(error)));
    worker.on('exit', (code) => settle(() => reject(new SolverWorkerError(`the solver ended early (${code})`))));
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel);
  });
}
