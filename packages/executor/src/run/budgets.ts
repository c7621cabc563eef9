import type { PlanStep } from '@restow/model';
import { liveNodeOf } from './names.ts';
import type { RunState } from './run-state.ts';

/** Which of the policy's budgets a step would go beyond if it began now, given the steps in hand; or null. */
export function exceededBudget(
  step: PlanStep,
  state: RunState,
  inHand: readonly PlanStep[],
  ownerOf: (step: PlanStep) => string,
): string | null {
  const { nodesAtOnce, podsAtOnce, podsAtOncePerOwner } = state.policy.run.budgets;
  if (step.kind === 'cordon') {
    const inWork = nodesInWork(state, inHand);
    const isOneOfThem = inWork.has(liveNodeOf(state, step.node!)?.name ?? '');
    return !isOneOfThem && inWork.size >= nodesAtOnce ? 'nodesAtOnce' : null;
  }
  if (step.kind !== 'move') return null;
  const moves = inHand.filter(({ kind }) => kind === 'move');
  if (moves.length >= podsAtOnce) return 'podsAtOnce';
  const owner = ownerOf(step);
  return moves.filter((other) => ownerOf(other) === owner).length >= podsAtOncePerOwner ? 'podsAtOncePerOwner' : null;
}

/** Nodes that are being emptied: cordoned for it, or about to be. */
export function nodesInWork(state: RunState, inHand: readonly PlanStep[]): Set<string> {
  const names = new Set<string>();
  for (const [name, { purpose }] of state.cordoned) if (purpose === 'empty') names.add(name);
  for (const { kind, node } of inHand) if (kind === 'cordon') names.add(liveNodeOf(state, node!)?.name ?? node!);
  return names;
}

const MINUTE_MS = 60_000;

/** Lets at most so many pass in any minute. */
export class MinuteBudget {
  readonly #limit: number | null;
  readonly #times: number[];

  constructor(limit: number | null, earlier: readonly number[]) {
    this.#limit = limit;
    this.#times = [...earlier];
  }

  /** Whether one can be taken at `now`. */
  has(now: number): boolean {
    while (this.#times.length > 0 && this.#times[0]! <= now - MINUTE_MS) this.#times.shift();
    return this.#limit === null || this.#times.length < this.#limit;
  }

  /** Takes one at `now`, if one can be had. */
  take(now: number): boolean {
    if (!this.has(now)) return false;
    this.#times.push(now);
    return true;
  }
}
