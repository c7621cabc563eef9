import type { Plan, Policy } from '@restow/model';
import type { Account } from './account/account.ts';
import { closeAccount, costOf } from './account/close-account.ts';
import { priceInPlan } from './account/price-in-plan.ts';
import { JournalError } from './errors.ts';
import type { JournalRecord, Reason } from './journal/record.ts';
import { compareWithCluster, refusePlan } from './run/accept-plan.ts';
import type { RunContext, RunPorts } from './run/context.ts';
import { isEvacuation } from './run/going.ts';
import { contextOf } from './run/live-context.ts';
import { RunLoop } from './run/run-loop.ts';
import { type RunState, startState, stateOf } from './run/run-state.ts';
import { windDown } from './run/wind-down.ts';
import { isOpen } from './run/windows.ts';

export interface RunOptions {
  /** Breaks off at once; the run can be resumed. */
  readonly signal: AbortSignal;
  /** Asked often: a reason ends the run in good order, with an account. */
  readonly mustStop: () => Reason | null;
}

export interface RunRequest {
  readonly runId: string;
  readonly plan: Plan;
  readonly policy: Policy;
}

export type RunOutcome =
  | { readonly ok: true; readonly account: Account }
  /** Nothing was begun. */
  | { readonly ok: false; readonly reasons: readonly Reason[] };

/**
 * Carries a plan out and accounts for it. Throws OutageError when the cluster stays out of reach and JournalError when
 * the journal cannot be used; the run can then be resumed.
 */
export async function carryOut(request: RunRequest, ports: RunPorts, options: RunOptions): Promise<RunOutcome> {
  const { plan, policy, runId } = request;
  const refusal = refusePlan(plan);
  if (refusal !== null) return { ok: false, reasons: [refusal] };
  const live = await ports.view.current(options.signal);
  const { refusal: stale, changes } = compareWithCluster(plan, live, policy);
  if (stale !== null) return { ok: false, reasons: [stale] };
  const now = ports.clock.now();
  if (!isOpen(policy.run.windows, now)) {
    return { ok: false, reasons: [{ code: 'window', message: 'no window of the policy is open now' }] };
  }
  if ((await ports.journal.read()).length > 0) {
    throw new JournalError('EXISTS', 'the journal holds a run already; resume it, or abort it');
  }
  const started: Extract<JournalRecord, { type: 'started' }> = {
    type: 'started',
    at: now,
    runId,
    cluster: plan.metadata.cluster,
    plan,
    policy,
    microsPerHour: costOf(live, priceInPlan(plan, ports.priceOf)),
  };
  await ports.journal.append(started);
  const state = startState(started);
  ports.onRecord(started, state);
  const { context, breakOff } = breakableContext(ports, state, options);
  const changed: Reason | null =
    changes.length === 0 ? null : { code: 'changed', message: `since the plan was made: ${changes.join(', ')}` };
  return finish(context, new RunLoop(context, breakOff, options.mustStop, changed));
}

/** Goes on with the run of this journal, from wherever it was left. A run that is over answers its account again. */
export async function resume(ports: RunPorts, options: RunOptions): Promise<RunOutcome> {
  return goOn(ports, options, null);
}

/** Ends the run of this journal: undoes what can be undone and says what cannot. */
export async function abort(ports: RunPorts, options: RunOptions): Promise<RunOutcome> {
  return goOn(ports, options, { code: 'aborted', message: 'the run was aborted' });
}

async function goOn(ports: RunPorts, options: RunOptions, stop: Reason | null): Promise<RunOutcome> {
  const state = stateOf(await ports.journal.read());
  if (state.account !== null) return { ok: true, account: state.account };
  const live = await ports.view.current(options.signal);
  if (live.snapshot.metadata.cluster !== state.cluster) {
    const { cluster } = live.snapshot.metadata;
    throw new JournalError(
      'FOREIGN',
      `the journal's run is on cluster ${state.cluster ?? 'unknown'}, this is ${cluster ?? 'unknown'}`,
    );
  }
  const { context, breakOff } = breakableContext(ports, state, options);
  await context.record({ type: 'resumed', at: ports.clock.now() });
  if (stop !== null && state.stopping === null) {
    await context.record({ type: 'stopping', at: ports.clock.now(), reason: stop });
  }
  const loop = new RunLoop(context, breakOff, options.mustStop, overtakenBefore(state));
  await loop.settle();
  return finish(context, loop);
}

function breakableContext(ports: RunPorts, state: RunState, { signal }: RunOptions) {
  const breakOff = new AbortController();
  return { context: contextOf(ports, state, AbortSignal.any([signal, breakOff.signal])), breakOff };
}

/** A plan of which a step has failed or been dropped is not gone on with: the crash came before the rest was planned again. */
function overtakenBefore({ steps }: RunState): Reason | null {
  const isLeft = [...steps.values()].some(({ state }) => state === 'failed' || state === 'dropped');
  return isLeft ? { code: 'resumed', message: 'a step had not come out as planned when the run was broken off' } : null;
}

async function finish(context: RunContext, loop: RunLoop): Promise<RunOutcome> {
  const { state, ports } = context;
  await loop.run();
  // Whatever was launched for pods of nodes that go is where they come up, if not in time.
  const keepsNodes = isEvacuation(state) || (state.stopping === null && !state.retreating);
  const left = await windDown(context, keepsNodes);
  const now = ports.clock.now();
  const account = closeAccount(state, await context.read(), now, ports, left);
  await context.record({ type: 'ended', at: now, account });
  return { ok: true, account };
}
