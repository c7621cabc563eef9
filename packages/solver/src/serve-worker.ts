import { parentPort, workerData } from 'node:worker_threads';
import { InputError } from '@restow/model';
import { tighten } from './bound/tighten.ts';
import { giveBackMemory } from './give-back-memory.ts';
import { loadEngines } from './lp/engines.ts';
import { makeFrontier } from './make-frontier.ts';
import { makePlan, type PlanContext } from './make-plan.ts';
import { tightenInWorker } from './tighten-in-worker.ts';
import {
  ANSWERED,
  type SearchInput,
  STOP,
  STOP_REASONS,
  type TightenInput,
  type WorkerInput,
  type WorkerMessage,
} from './worker-messages.ts';

/** Does what one of the solver's threads was started for, and ends. */
export async function serveWorker(): Promise<void> {
  const input = workerData as WorkerInput;
  await (input.wants === 'bound' ? serveTightening(input) : serveSearch(input));
}

async function serveTightening({ problem, relaxation, effort, flags, port }: TightenInput): Promise<void> {
  const flag = new Int32Array(flags);
  try {
    const engines = await loadEngines();
    port.postMessage(tighten(problem, relaxation, engines, effort, () => Atomics.load(flag, STOP) !== 0));
  } finally {
    // Who waits is blocked and hears of nothing else, a failure least of all.
    Atomics.store(flag, ANSWERED, 1);
    Atomics.notify(flag, ANSWERED);
    port.close();
  }
}

async function serveSearch({ request, wants, flag, timeLimitMs }: SearchInput): Promise<void> {
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
      onProgress: (phase) => {
        send({ kind: 'progress', phase });
        giveBackMemory(request.snapshot.pods.length);
      },
      tightening: tightenInWorker,
      onDraft: (plan) => send({ kind: 'draft', plan }),
    };
    const plans = wants === 'frontier' ? makeFrontier(request, context) : [makePlan(request, context)];
    giveBackMemory(request.snapshot.pods.length);
    send({ kind: 'plans', plans });
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    send({ kind: 'input-error', problem: error.problem, location: error.location });
  }
}
