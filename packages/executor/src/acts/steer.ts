import { type PlanStep, type SnapshotPod, UNPREFERRED_TAINT } from '@restow/model';
import { refusalsOfNode } from '@restow/scheduling';
import type { RunContext } from '../run/context.ts';
import { isEvacuation } from '../run/going.ts';
import { occupancyOf } from '../run/occupancy.ts';
import { setMark } from './mark.ts';
import { methodOf } from './method-of.ts';
import { untilNode } from './until-node.ts';

/**
 * Where nothing can tell the scheduler where to put a pod, every node carries a soft taint but the one on which pods are
 * expected next: what is recreated then goes there, whatever else the scheduler would have liked better (TaintToleration
 * weighs 3, more than what speaks against a node that is being filled). Pods on their way to different nodes exclude each
 * other unless neither could ever run where the other is expected.
 *
 * Opens the node for the pod; answers the reason when another pod's landing must be waited for.
 */
export async function openFor(
  context: RunContext,
  step: PlanStep,
  pod: SnapshotPod,
  to: string,
): Promise<string | null> {
  const { landing, ports, state } = context;
  // Of an evacuation any node that stays is as good: it waits for nobody's landing.
  if (ports.mover.steers(methodOf(step)) || isEvacuation(state)) return null;
  const live = await context.read();
  const occupancy = occupancyOf(live);
  // What else runs on a node changes from moment to moment; what the node is does not.
  const couldRun = (one: SnapshotPod, node: string) =>
    occupancy.state.has(node) &&
    refusalsOfNode(one, occupancy.state.place(node).node, occupancy.state.world).length === 0;
  for (const other of landing.values()) {
    if (other.to === to) continue;
    if (couldRun(pod, other.to) || couldRun(other.pod, to)) return `another pod is on its way to ${other.to}`;
  }
  landing.set(step.id, { pod, to });
  // One after the other, or a node could end up closed that was opened last.
  const mine = context.steering.turn.then(() => change());
  context.steering.turn = mine.catch(() => {});
  await mine;
  return null;

  async function change(): Promise<void> {
    const expected = new Set([...landing.values()].map((one) => one.to));
    const { snapshot } = await context.read();
    const identities = (names: readonly string[]) =>
      snapshot.nodes.filter(({ name }) => names.includes(name)).map(({ name, uid }) => ({ name, uid }));
    const stale = [...context.steering.open].filter((name) => !expected.has(name));
    for (const name of stale) context.steering.open.delete(name);
    await setMark(context, step.id, 'mark', identities(stale));
    if (!expected.has(to) || !state.marked.has(to)) return;
    context.steering.open.add(to);
    await setMark(context, step.id, 'unmark', identities([to]));
    await untilNode(context, to, ({ taints }) => taints.every(({ key }) => key !== UNPREFERRED_TAINT));
  }
}

/** The pod has a node, or will not get one: others may land. */
export function landed(context: RunContext, step: string): void {
  if (context.landing.delete(step)) context.steering.onLanded();
}
