import {
  type Amendments,
  type Plan,
  RestowError,
  type Snapshot,
  type SnapshotNode,
  UNPREFERRED_TAINT,
} from '@restow/model';
import { releaseLaunched } from '../acts/wait-ready.ts';
import type { Reason } from '../journal/record.ts';
import type { RunContext } from './context.ts';
import { uncordonAll } from './wind-down.ts';

const STEP = 'replan';

/**
 * Plans the rest again from the cluster as it is, with what the run has learned. When too little of the promise is left,
 * it plans only how to get rid of what has become pointless, once. Answers why the run must stop instead, or null.
 */
export async function replan(context: RunContext, reason: Reason): Promise<Reason | null> {
  const { state, ports } = context;
  const { replans, minimumAchievedFraction } = state.policy.run;
  const exhausted = {
    code: 'replans',
    message: `planned again ${state.replans} times (policy run.replans), the last reason was: ${reason.message}`,
  };
  // Going back takes some planning too.
  const isFruitless = state.fruitlessReplans >= MOST_FRUITLESS;
  if (isFruitless || state.replans >= replans + (state.retreating ? MOST_RETREATS : 0)) {
    if (state.retreating) return exhausted;
    return goBack(context, exhausted);
  }
  await comeToRest(context);
  const snapshot = await unmarkedSnapshot(context);
  const plan = await askPlanner(context, snapshot, state.retreating);
  if (!('steps' in plan)) return plan;
  const kept = keptFraction(context, plan);
  if (kept < minimumAchievedFraction && !state.retreating) {
    const percent = Math.round(Math.max(0, kept) * 100);
    return goBack(context, {
      code: 'promise',
      message: `only ${percent} % of the promised saving can still be had (${reason.message})`,
    });
  }
  await context.record({ type: 'replanned', at: ports.clock.now(), reason, plan, retreat: false });
  return null;
}

const MOST_RETREATS = 3;
const MOST_FRUITLESS = 3;

/** The promise is given up; what was launched for it goes again as far as the pods have place without it. */
async function goBack(context: RunContext, reason: Reason): Promise<Reason | null> {
  const { ports } = context;
  await comeToRest(context);
  const snapshot = await unmarkedSnapshot(context);
  const plan = await askPlanner(context, snapshot, true);
  if (!('steps' in plan)) return reason;
  if (plan.steps.length === 0) return reason;
  await context.record({ type: 'replanned', at: ports.clock.now(), reason, plan, retreat: true });
  return null;
}

/** Nothing is on order and nothing is cordoned: planning starts from a cluster that could stay so. */
async function comeToRest(context: RunContext): Promise<void> {
  for (const { token, node } of [...context.state.launched.values()]) {
    if (node === null) await releaseLaunched(context, STEP, token);
  }
  await uncordonAll(context, STEP);
}

/** A planner that fails stops the run, which then leaves the cluster in good order. */
async function askPlanner(context: RunContext, snapshot: Snapshot, onlyRemove: boolean): Promise<Plan | Reason> {
  const { ports, signal } = context;
  try {
    return await ports.planner.plan(snapshot, amendmentsOf(context, snapshot, onlyRemove), signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof RestowError)) throw error;
    return { code: 'planner', message: `the rest could not be planned: ${error.message}` };
  }
}

/** Which part of the promised saving this plan keeps, counted from the start; all of it where room is paid for that others wait for. */
function keptFraction({ state }: RunContext, plan: Plan): number {
  if ((plan.target.pending ?? []).length > 0) return 1;
  const before = state.microsPerHourBefore;
  const promised = before - state.plan.summary.microsPerHour.after;
  return promised <= 0 ? 1 : (before - plan.summary.microsPerHour.after) / promised;
}

function amendmentsOf({ state, ports }: RunContext, snapshot: Snapshot, onlyRemove: boolean): Amendments {
  const { pods, owners, nodes, unavailable } = state.learned;
  const staying = snapshot.pods.filter(({ uid, owner }) => pods.has(uid) || (owner !== null && owners.has(owner.uid)));
  const { maxMoves } = state.policy;
  return {
    stayingPods: staying.map(({ uid }) => uid),
    stayingNodes: [...nodes],
    goingNodes: ports.notices.current().map(({ node }) => node),
    unavailable,
    maxMoves: maxMoves === null ? null : Math.max(0, maxMoves - state.moves.made),
    onlyRemove,
  };
}

/** The planner sees the cluster without the run's own marks. */
async function unmarkedSnapshot({ state, read }: RunContext): Promise<Snapshot> {
  const { snapshot } = await read();
  if (state.marked.size === 0) return snapshot;
  const unmarked = (node: SnapshotNode) => ({
    ...node,
    taints: node.taints.filter(({ key }) => key !== UNPREFERRED_TAINT),
  });
  return {
    ...snapshot,
    nodes: snapshot.nodes.map((node) => (state.marked.has(node.name) ? unmarked(node) : node)),
  };
}
