import type { PlanStep } from '@restow/model';
import type { LiveCluster } from '../ports/cluster-view.ts';
import { exceededBudget, nodesInWork } from './budgets.ts';
import { isEvacuation } from './going.ts';
import { liveNodeOf, livePodOf } from './names.ts';
import type { RunState } from './run-state.ts';

/** Who owns the pods that move, for the budget of each owner. */
export function ownersIn(live: LiveCluster, state: RunState): (step: PlanStep) => string {
  const owners = new Map(live.snapshot.pods.map((pod) => [pod.uid, `${pod.namespace}/${pod.owner?.uid ?? pod.uid}`]));
  return (step) => {
    // A pod that is on its way is not in the cluster any more, but in the record of its move.
    for (const { does } of state.actsOfStep.get(step.id) ?? []) {
      if (does.kind === 'move') return `${does.order.pod.namespace}/${does.order.owner.uid}`;
    }
    const uid = step.pod === undefined ? '' : (livePodOf(state, step.pod)?.uid ?? '');
    return owners.get(uid) ?? uid;
  };
}

/** Steps that may begin now: what they wait for is done, a node's turn has come, and no budget is in the way. */
export function stepsToBegin(
  state: RunState,
  inHand: ReadonlyMap<string, PlanStep>,
  isResting: (step: PlanStep) => boolean,
  ownerOf: (step: PlanStep) => string,
): PlanStep[] {
  const begin: PlanStep[] = [];
  const turns = turnsOf(state);
  for (const { step, state: at } of state.steps.values()) {
    if (at !== 'waiting' || inHand.has(step.id) || !isDue(state, step) || isResting(step)) continue;
    if (step.kind === 'cordon' && turns.get(step.id) === false && !isEvacuation(state)) continue;
    if (exceededBudget(step, state, [...inHand.values(), ...begin], ownerOf) === null) begin.push(step);
  }
  return begin;
}

function isDue(state: RunState, step: PlanStep): boolean {
  return step.after.every((id) => isOver(state, id));
}

function isOver(state: RunState, id: string): boolean {
  const at = state.steps.get(id)?.state;
  // What has failed is planned again, or, where nothing is, has to be done without.
  return at === 'done' || at === 'dropped' || (at === 'failed' && isEvacuation(state));
}

/**
 * For each step that cordons a node: whether it is the node's turn, because a pod could leave it as soon as it is
 * cordoned. A node that nothing has to leave has its turn at once.
 */
function turnsOf(state: RunState): Map<string, boolean> {
  const turns = new Map<string, boolean>();
  for (const { step, state: at } of state.steps.values()) {
    if (step.kind !== 'move' || at !== 'waiting') continue;
    for (const id of step.after) {
      const before = state.steps.get(id);
      if (before?.step.kind !== 'cordon' || before.state !== 'waiting') continue;
      const due = step.after.every((other) => other === id || isOver(state, other));
      turns.set(id, (turns.get(id) ?? false) || due);
    }
  }
  return turns;
}

/**
 * When every node that may be worked on waits for a node whose turn has not come: the cordoned node whose next move is
 * the last in the plan's order, which shall take pods again and wait its turn. null when that would not help.
 */
export function nodeToPutBack(
  state: RunState,
  putBack: ReadonlySet<string>,
): { readonly cordonStep: string; readonly node: string } | null {
  const turns = turnsOf(state);
  const anotherIsDue = [...state.steps.values()].some(
    ({ step, state: at }) =>
      step.kind === 'cordon' &&
      at === 'waiting' &&
      !putBack.has(step.id) &&
      isDue(state, step) &&
      turns.get(step.id) !== false,
  );
  if (!anotherIsDue || nodesInWork(state, []).size < state.policy.run.budgets.nodesAtOnce) return null;
  const order = [...state.steps.values()];
  let last: { readonly cordonStep: string; readonly node: string } | null = null;
  let lastAt = -1;
  for (const { step, state: at } of order) {
    // Waiting and cordoned it is when a crash came between the one and the other.
    if (step.kind !== 'cordon' || (at !== 'done' && at !== 'waiting')) continue;
    const node = liveNodeOf(state, step.node!)?.name;
    if (node === undefined || state.cordoned.get(node)?.purpose !== 'empty') continue;
    const next = order.findIndex((other) => other.state === 'waiting' && other.step.after.includes(step.id));
    if (next > lastAt) {
      last = { cordonStep: step.id, node };
      lastAt = next;
    }
  }
  return last;
}
