import { cordonNode, uncordonNode } from '../acts/cordon.ts';
import { podsLeft } from '../acts/drain.ts';
import { keepUnremoved } from '../acts/keep.ts';
import { setMark } from '../acts/mark.ts';
import { releaseLaunched } from '../acts/wait-ready.ts';
import { withdrawMoves } from '../acts/withdraw.ts';
import type { NodeIdentity } from '../ports/node-marker.ts';
import type { RunContext } from './context.ts';

/**
 * Leaves no mark: what was ordered and is not needed goes back, nodes that stay take pods again, soft taints go. Answers
 * what could not be put back. `keepNodes` keeps launched nodes that are empty, because the plan was carried out.
 */
export async function windDown(context: RunContext, keepNodes: boolean): Promise<string[]> {
  const { state } = context;
  const left: string[] = [];
  await uncordonAll(context, STEP);
  left.push(...(await withdrawMoves(context, STEP, state.acts.values())));
  left.push(...(await keepUnremoved(context, STEP)));
  left.push(...(await settleOrders(context)));
  if (!keepNodes) left.push(...(await giveBackLaunched(context)));
  left.push(...(await uncordonAll(context, STEP)));
  const refused = [
    await setMark(context, STEP, 'unmark', [...state.marked.values()]),
    await setMark(context, STEP, 'unprotect', [...state.protected.values()]),
  ];
  return [...left, ...refused.filter((one) => one !== null)];
}

/** Everything that the run has cordoned takes pods again; what somebody else had cordoned stays so. */
export async function uncordonAll(context: RunContext, step: string): Promise<string[]> {
  const left: string[] = [];
  for (const { node } of [...context.state.cordoned.values()]) {
    const refused = await uncordonNode(context, step, node);
    if (refused !== null) left.push(`node ${node.name} is still cordoned: ${refused}`);
  }
  return left;
}

const STEP = 'wind-down';

/**
 * Orders that were given up, and launched nodes that others have taken away: since when they cost nothing is their
 * manager's to say.
 */
async function settleOrders(context: RunContext): Promise<string[]> {
  const { snapshot } = await context.read();
  const there = new Set(snapshot.nodes.map(({ uid }) => uid));
  const left: string[] = [];
  for (const { name, token, node, goneAt } of [...context.state.launched.values()]) {
    if (goneAt !== null || (node !== null && there.has(node.uid))) continue;
    const refused = await releaseLaunched(context, STEP, token);
    if (refused !== null) left.push(`the node ordered as ${name} could not be given back: ${refused}`);
  }
  return left;
}

/** Launched nodes that hold nothing but what belongs to them are paid for nothing. */
async function giveBackLaunched(context: RunContext): Promise<string[]> {
  const { state, ports } = context;
  const left: string[] = [];
  for (const { node, goneAt } of [...state.launched.values()]) {
    if (goneAt !== null || node === null) continue;
    const live = await context.read();
    const now = live.snapshot.nodes.find(({ name: one, uid }) => one === node.name && uid === node.uid);
    if (now === undefined) continue;
    if (podsLeft(live, node.name).length > 0) {
      left.push(`node ${node.name}, launched by the run, holds pods and stays`);
      continue;
    }
    const refused = await removeEmpty(context, node, ports.priceOf(now));
    if (refused === null) continue;
    left.push(`node ${node.name}, launched by the run, could not be given back: ${refused}`);
    await uncordonNode(context, STEP, node);
  }
  return left;
}

/** Cordoned first, and looked at again: nothing may come between the look and the removal. */
async function removeEmpty(
  context: RunContext,
  node: NodeIdentity,
  microsPerHour: number | null,
): Promise<string | null> {
  const { state, ports } = context;
  const refused = await cordonNode(context, STEP, node, false, 'empty');
  if (refused !== null) return refused;
  if (podsLeft(await context.read(), node.name).length > 0) return 'pods have come to it';
  const { outcome } = await context.act(
    STEP,
    { kind: 'remove', node, microsPerHour },
    state.policy.run.limits.removeMs,
    (signal) => ports.nodes.remove(node, signal),
  );
  return outcome!.ok ? null : outcome!.reason;
}
