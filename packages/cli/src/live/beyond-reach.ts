import type { MachineGroups } from '@restow/executor';
import type { Plan, Snapshot } from '@restow/model';

/** Whose nodes can be given back by objects of the cluster. */
const REACHED: ReadonlySet<string> = new Set(['karpenter', 'cluster-api']);
const EXAMPLES = 3;

/**
 * What of a plan nothing here can do, in words; null: everything can be done. Asked before anything is begun: pods that
 * have moved for a node that then cannot go have moved for nothing. `groups`: of the clouds that its nodes are in.
 */
export async function beyondReach(
  plan: Plan,
  snapshot: Snapshot,
  groups: readonly MachineGroups[],
  signal: AbortSignal,
): Promise<string | null> {
  const nodes = new Map(snapshot.nodes.map((node) => [node.name, node]));
  const pools = new Set(snapshot.nodePools.map(({ name }) => name));
  const planned = new Map([...plan.target.nodes, ...plan.target.spares].map((node) => [node.name, node]));
  const known = new Map<string, Promise<boolean>>();
  const isGroup = (name: string) => {
    let answer = known.get(name);
    if (answer === undefined) {
      answer = Promise.all(groups.map((one) => one.groupsNamed(name, signal))).then((all) => all.flat().length > 0);
      known.set(name, answer);
    }
    return answer;
  };
  const problems: string[] = [];
  for (const step of plan.steps) {
    if (step.kind === 'remove') {
      const node = nodes.get(step.node!);
      if (node === undefined || REACHED.has(node.owner)) continue;
      const { providerId, owner } = node;
      const isMachine = providerId !== null && groups.some((one) => one.machineAt(providerId) !== null);
      if (!isMachine) problems.push(`remove ${step.node} of owner ${owner}`);
    } else if (step.kind === 'launch') {
      const group = planned.get(step.node!)?.group ?? null;
      const isReached = group !== null && (pools.has(group) || (await isGroup(group)));
      if (!isReached) problems.push(`launch ${step.node} in group ${group ?? '(none)'}`);
    }
  }
  if (problems.length === 0) return null;
  const more = problems.length > EXAMPLES ? ` and ${problems.length - EXAMPLES} more` : '';
  return `nothing here can ${problems.slice(0, EXAMPLES).join(', ')}${more}; nodes are of Karpenter, of a cloud's group, or (given back only) of Cluster API`;
}
