import { compareText, type PlanStay, type PodReference, type Snapshot } from '@restow/model';
import { belongsToNode, worldOf } from '@restow/scheduling';
import type { Realisation } from '../order/realise.ts';
import type { Problem } from '../problem/problem.ts';
import { reasonsToWait } from '../problem/waiting-rooms.ts';
import { worthOfPods } from './worth-of-pods.ts';

/**
 * What stays although something could be saved, why, and what that costs: the node's price less what the pods that are on
 * it in the end cost elsewhere, those too that came to it. When the node itself has a reason the cost is the node's, else
 * it is shared by the pods that hold it.
 */
export function staysOf(
  snapshot: Snapshot,
  problem: Problem,
  { podsBySlot, moves }: Pick<Realisation, 'podsBySlot' | 'moves'>,
  placed: readonly PodReference[],
  duals: ArrayLike<number>,
): PlanStay[] {
  const worthOf = worthOfPods(snapshot, problem, duals);
  const podsByNode = Map.groupBy(snapshot.pods, ({ node }) => node);
  const moved = new Set(moves.map(({ pod }) => pod));
  const comers = new Map(
    problem.nodes.map(({ node, index }) => [node.name, (podsBySlot.get(index) ?? []).filter((pod) => moved.has(pod))]),
  );
  const prices = new Map(problem.nodes.map(({ node, microsPerHour }) => [node.name, microsPerHour]));
  const stays: PlanStay[] = [];
  for (const { name } of snapshot.nodes) {
    const pods = (podsByNode.get(name) ?? []).filter((pod) => !belongsToNode(pod));
    const held = pods.filter((pod) => problem.podReasons.has(`${pod.namespace}/${pod.name}`));
    const nodeReasons = problem.nodeReasons.get(name);
    if (held.length === 0 && nodeReasons === undefined) continue;
    const inTheEnd = [...pods.filter((pod) => !moved.has(pod)), ...(comers.get(name) ?? [])];
    const price = prices.get(name);
    const lost = inTheEnd.reduce((left, pod) => left - worthOf(pod), price ?? 0);
    const cost = price === undefined ? 0 : Math.max(0, Math.floor(lost));
    if (nodeReasons !== undefined) stays.push({ kind: 'Node', name, reasons: [...nodeReasons], microsPerHour: cost });
    held.forEach((pod, index) => {
      // Shares add up to the cost of the node, to the last micro.
      const share = Math.floor((cost * (index + 1)) / held.length) - Math.floor((cost * index) / held.length);
      stays.push({
        kind: 'Pod',
        namespace: pod.namespace,
        name: pod.name,
        reasons: [...problem.podReasons.get(`${pod.namespace}/${pod.name}`)!],
        microsPerHour: nodeReasons === undefined ? share : 0,
      });
    });
  }
  const world = worldOf(snapshot);
  const isPlaced = new Set(placed.map(({ namespace, name }) => `${namespace}/${name}`));
  for (const pod of podsByNode.get(null) ?? []) {
    const key = `${pod.namespace}/${pod.name}`;
    if (isPlaced.has(key)) continue;
    const known = [...reasonsToWait(pod, problem.policy, world), ...(problem.podReasons.get(key) ?? [])];
    const [first, ...others] = known.length > 0 ? known : ['no room was found for it'];
    const reasons = [`it is pending: ${first}`, ...others];
    stays.push({ kind: 'Pod', namespace: pod.namespace, name: pod.name, reasons, microsPerHour: 0 });
  }
  return stays.sort(
    (a, b) =>
      b.microsPerHour - a.microsPerHour ||
      compareText(a.kind, b.kind) ||
      compareText(a.namespace ?? '', b.namespace ?? '') ||
      compareText(a.name, b.name),
  );
}
