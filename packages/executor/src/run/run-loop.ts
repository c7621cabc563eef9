import type { PlanStep, Snapshot } from '@restow/model';
import { matchesSelector, parseLabelSelector } from '@restow/scheduling';
import { surgeMicros } from '../account/surge.ts';
import { uncordonNode } from '../acts/cordon.ts';
import { letGo } from '../acts/hold.ts';
import { setMark } from '../acts/mark.ts';
import { putBack } from '../acts/put-back.ts';
import { settleRemovals } from '../acts/remove.ts';
import { STEPS } from '../acts/steps.ts';
import { hasStrayed } from '../acts/verify.ts';
import { withdrawMoves } from '../acts/withdraw.ts';
import type { Reason } from '../journal/record.ts';
import type { LiveCluster } from '../ports/cluster-view.ts';
import { steersAll } from '../ports/mover.ts';
import type { NodeIdentity } from '../ports/node-marker.ts';
import { Brake } from './brake.ts';
import type { RunContext, StepResult } from './context.ts';
import { isEvacuation } from './going.ts';
import { leavingNodes } from './names.ts';
import { indexOf } from './plan-index.ts';
import { replan } from './replan.ts';
import { lastOf, type RunAct, type RunState } from './run-state.ts';
import { nodeToPutBack, ownersIn, stepsToBegin } from './turns.ts';
import { isOpen } from './windows.ts';

/** A blocked step is looked at again after this, or as soon as another step has ended. */
const REST_MS = 1000;
const TICK_MS = 5000;

interface Resting {
  readonly until: number;
  readonly ended: number;
  readonly reason: string;
  readonly by: 'room' | 'budget';
}

/**
 * Carries the current plan out until nothing is left to do or the run must stop: begins every step whose turn has come
 * and that no budget forbids, waits, and plans the rest again where the cluster is not as planned.
 */
export class RunLoop {
  readonly #context: RunContext;
  readonly #mustStop: () => Reason | null;
  readonly #breakOff: AbortController;
  readonly #inHand = new Map<string, PlanStep>();
  readonly #begun = new Set<Promise<void>>();
  readonly #resting = new Map<string, Resting>();
  /** Cordons that were taken back and wait until a pod has moved. */
  readonly #putBack = new Set<string>();
  #ended = 0;
  #progressAt: number;
  #overtaken: Reason | null = null;
  #thrown: { readonly error: unknown } | null = null;
  #wake: () => void = () => {};

  /** `breakOff` ends whatever runs in the context. */
  constructor(context: RunContext, breakOff: AbortController, mustStop: () => Reason | null, overtaken: Reason | null) {
    this.#context = context;
    this.#breakOff = breakOff;
    this.#mustStop = mustStop;
    this.#overtaken = isEvacuation(context.state) ? null : overtaken;
    this.#progressAt = context.ports.clock.now();
    context.steering.onLanded = () => {
      this.#ended++;
      this.#wake();
    };
  }

  /** Follows what a crash has left in the air until it has come down, then lets go of what was held for it. */
  async settle(): Promise<void> {
    await this.#guard(() => this.#settle());
  }

  /** Runs to the end of the plan; a run that stops says why in its state. */
  async run(): Promise<void> {
    await this.#guard(() => this.#run());
  }

  /** What is thrown ends everything that is in hand before anybody else may touch the journal. */
  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#breakOff.abort(error);
      while (this.#begun.size > 0) await Promise.allSettled(this.#begun);
      throw error;
    }
  }

  async #settle(): Promise<void> {
    const { state, holds } = this.#context;
    const stale: NodeIdentity[] = [];
    for (const { does, outcome, step } of lastCordons(state)) {
      // Whether it was done is not known; that it was wanted is.
      if (does.kind === 'uncordon' && outcome === null) await uncordonNode(this.#context, step, does.node);
    }
    await settleRemovals(this.#context);
    for (const { node, purpose } of state.cordoned.values()) {
      if (purpose !== 'hold') continue;
      holds.set(node.name, 1);
      stale.push(node);
    }
    for (const { step, state: at } of state.steps.values()) {
      const moved = lastOf(state, step, ['move']);
      if (at === 'waiting' && moved !== undefined && moved.outcome?.ok !== false && !hasStrayed(state, step)) {
        this.#begin(step);
      }
    }
    while (this.#inHand.size > 0) await this.#sleep(TICK_MS);
    this.#throwIfThrown();
    await withdrawMoves(this.#context, 'settle', state.acts.values());
    await letGo(this.#context, 'settle', stale);
  }

  async #run(): Promise<void> {
    const { state, ports, read } = this.#context;
    let brake: Brake | null = null;
    let marked = false;
    for (;;) {
      this.#throwIfThrown();
      const live = await read();
      brake ??= new Brake(state.policy.run.brake, live);
      const now = ports.clock.now();
      const word = brake.look(live, this.#inHand.size, now);
      if (state.stopping === null) {
        const reason = this.#reasonToStop(now) ?? (word === 'stop' ? UNWELL : null);
        if (reason !== null) await this.#context.record({ type: 'stopping', at: now, reason });
      }
      const mayBegin = state.stopping === null && this.#overtaken === null;
      if (mayBegin && !marked) {
        await this.#mark(live);
        marked = true;
        continue;
      }
      if (state.stopping === null && word === 'go') {
        const isResting = (step: PlanStep) => this.#isResting(step, now);
        for (const step of stepsToBegin(state, this.#inHand, isResting, ownersIn(live, state))) {
          // What is on order is better counted on when the rest is planned again than given back and ordered anew.
          if (mayBegin || step.kind === 'wait-ready') this.#begin(step);
        }
      }
      if (this.#inHand.size > 0) {
        await this.#sleep(TICK_MS);
        continue;
      }
      if (state.stopping !== null) return;
      if (this.#overtaken !== null) {
        const reason = this.#overtaken;
        this.#overtaken = null;
        const stop = await replan(this.#context, reason);
        if (stop !== null) await this.#context.record({ type: 'stopping', at: ports.clock.now(), reason: stop });
        this.#resting.clear();
        this.#putBack.clear();
        this.#progressAt = ports.clock.now();
        marked = false;
        continue;
      }
      if (![...state.steps.values()].some(({ state: at }) => at === 'waiting')) return;
      if (word === 'go') await this.#unstick(now);
      else await this.#sleep(TICK_MS);
    }
  }

  #reasonToStop(now: number): Reason | null {
    const { state } = this.#context;
    const { windows, stopAfterFailures, most } = state.policy.run;
    const asked = this.#mustStop();
    if (asked !== null) return asked;
    if (!isOpen(windows, now)) return { code: 'window', message: 'no window of the policy is open any more' };
    if (state.failures.length >= stopAfterFailures) {
      return { code: 'failures', message: `${state.failures.length} steps have failed (policy run.stopAfterFailures)` };
    }
    if (most.movedBytes !== null && state.moves.movedBytes > most.movedBytes) {
      return { code: 'bytes', message: `${state.moves.movedBytes} bytes have been sent (policy run.most.movedBytes)` };
    }
    if (most.surgeMicros !== null && surgeMicros(state, now) >= most.surgeMicros) {
      return {
        code: 'surge',
        message: 'the nodes in between have cost as much as is allowed (policy run.most.surgeMicros)',
      };
    }
    const { placements } = indexOf(state.current);
    const predicted = (step: PlanStep) => placements.get(step.pod?.uid ?? '')?.stallMs ?? 0;
    const coming = [...this.#inHand.values()].reduce((sum, step) => sum + predicted(step), 0);
    if (most.stallMs !== null && state.moves.stallMs + coming > most.stallMs) {
      return { code: 'stall', message: 'pods have been away as long as is allowed (policy run.most.stallMs)' };
    }
    return null;
  }

  /**
   * Nodes that shall go take pods only when no other node will, those that stay are as they were, and no autoscaler
   * takes away what the plan builds on.
   */
  async #mark({ snapshot }: LiveCluster): Promise<void> {
    const { state } = this.#context;
    const leaving = leavingNodes(state);
    const { placements, pending = [] } = state.current.target;
    const coming = [...placements.filter(({ from }) => from !== null), ...pending];
    const reached = new Set(coming.map(({ node }) => node));
    // Of an evacuation pods may land wherever they can, and nothing is to be waited for.
    const free = isEvacuation(state);
    const steered = steersAll(this.#context.ports.mover) ? leaving : this.#closable(snapshot);
    const closed = free ? new Set<string>() : steered;
    const nodes = snapshot.nodes.filter(({ name }) => closed.has(name));
    const fresh = nodes
      .filter(({ name }) => state.marked.get(name)?.isDone !== true)
      .map(({ name, uid }) => ({ name, uid }));
    const stale = [...state.marked.values()].filter(({ name }) => !closed.has(name));
    const touched = snapshot.nodes.filter(
      ({ name }) => ((leaving.has(name) && !free) || reached.has(name)) && state.protected.get(name)?.isDone !== true,
    );
    await setMark(this.#context, 'mark', 'unmark', stale);
    await setMark(
      this.#context,
      'mark',
      'protect',
      touched.map(({ name, uid }) => ({ name, uid })),
    );
    await setMark(this.#context, 'mark', 'mark', fresh);
  }

  /** Every node that the policy lets the run touch; a pod then lands where the soft taint is not. */
  #closable({ nodes }: Snapshot): Set<string> {
    const { policy } = this.#context.state;
    const inScope = parseLabelSelector(policy.nodes);
    const never = policy.neverTouch.nodes.map((text) => parseLabelSelector(text));
    const touched = nodes.filter(
      ({ labels, controlPlane }) =>
        !controlPlane && matchesSelector(inScope, labels) && !never.some((one) => matchesSelector(one, labels)),
    );
    return new Set(touched.map(({ name }) => name));
  }

  #begin(step: PlanStep): void {
    this.#inHand.set(step.id, step);
    const ended = (result: StepResult) => this.#onEnd(step, result);
    const begun = STEPS[step.kind](this.#context, step)
      .then(ended)
      .catch((error: unknown) => {
        this.#thrown ??= { error };
      })
      .finally(() => {
        this.#inHand.delete(step.id);
        this.#begun.delete(begun);
        this.#wake();
      });
    this.#begun.add(begun);
  }

  async #onEnd(step: PlanStep, result: StepResult): Promise<void> {
    const at = this.#context.ports.clock.now();
    if (result.state === 'blocked') {
      const { reason, by } = result;
      this.#resting.set(step.id, { until: at + REST_MS, ended: this.#ended, reason, by });
      return;
    }
    this.#ended++;
    this.#progressAt = at;
    if (result.state === 'done') {
      if (step.kind === 'move') this.#putBack.clear();
      await this.#context.record({ type: 'step', at, step: step.id, state: 'done' });
      return;
    }
    const reason = { code: result.code, message: result.reason };
    const state = result.state === 'failed' ? 'failed' : 'dropped';
    const leaveAlone = result.state === 'overtaken' ? result.leaveAlone : null;
    const more = leaveAlone === null ? {} : { leaveAlone };
    await this.#context.record({ type: 'step', at, step: step.id, state, reason, ...more });
    this.#overtake(reason);
  }

  #isResting(step: PlanStep, now: number): boolean {
    if (this.#putBack.has(step.id)) return true;
    const resting = this.#resting.get(step.id);
    return resting !== undefined && resting.ended === this.#ended && now < resting.until;
  }

  /** Nothing is in hand and nothing can begin: another node's turn, patience, or another plan. */
  async #unstick(now: number): Promise<void> {
    const { state, record } = this.#context;
    const { pendingMs, moveMs } = state.policy.run.limits;
    const resting = [...this.#resting].filter(([id]) => state.steps.get(id)?.state === 'waiting');
    const patience = resting.some(([, { by }]) => by === 'budget') ? moveMs : pendingMs;
    const back = nodeToPutBack(state, this.#putBack);
    if (back !== null) {
      await putBack(this.#context, back.cordonStep, back.node);
      this.#putBack.add(back.cordonStep);
      this.#ended++;
      return;
    }
    if (now - this.#progressAt < patience && resting.length > 0) {
      await this.#sleep(REST_MS);
      return;
    }
    const message = resting[0]?.[1].reason ?? 'the steps that are left wait for each other';
    for (const [id] of resting) {
      await record({ type: 'step', at: now, step: id, state: 'dropped', reason: { code: 'blocked', message } });
    }
    this.#overtake({ code: 'blocked', message });
  }

  /** The rest is planned again, for which there is no time where nodes go: there it is gone on with as it is. */
  #overtake(reason: Reason): void {
    if (!isEvacuation(this.#context.state)) this.#overtaken ??= reason;
  }

  /** Until a step has come out, or for `ms`. */
  async #sleep(ms: number): Promise<void> {
    const { clock } = this.#context.ports;
    const stop = new AbortController();
    const signal = AbortSignal.any([this.#context.signal, stop.signal]);
    const woken = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const slept = clock.sleep(ms, signal);
    try {
      await Promise.race([woken, slept]);
    } finally {
      stop.abort();
      slept.catch(() => {});
    }
  }

  #throwIfThrown(): void {
    if (this.#thrown !== null) throw this.#thrown.error;
  }
}

/** What was done last to each node that the run has cordoned or uncordoned. */
function lastCordons({ acts }: RunState): RunAct[] {
  const last = new Map<string, RunAct>();
  for (const act of acts.values()) {
    if (act.does.kind === 'cordon' || act.does.kind === 'uncordon') last.set(act.does.node.uid, act);
  }
  return [...last.values()];
}

const UNWELL: Reason = { code: 'unwell', message: 'too many pods are not ready (policy run.brake)' };
