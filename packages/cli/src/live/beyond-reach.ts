import { type MachineGroups, OutageError } from '@restow/executor';
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
  const known = new Map<string, Promise<string | null>>();
  const unreached = (group: string) => {
    const answer = known.get(group) ?? whyNoGroup(group, groups, signal);
    known.set(group, answer);
    return answer;
  };
  const problems: string[] = [];
  for (const step of plan.steps) {
    if (step.kind === 'remove') {
      const node = nodes.get(step.node!);
      if (node === undefined || REACHED.has(node.owner)) continue;
      const { providerId, owner, group } = node;
      const isMachine = providerId !== null && groups.some((one) => one.machineAt(providerId) !== null);
      const reason = isMachine && group !== null ? await unreached(group) : '';
      if (reason !== null) problems.push(`remove ${step.node} of owner ${owner}${reason}`);
    } else if (step.kind === 'launch') {
      const group = planned.get(step.node!)?.group ?? null;
      const reason = group === null ? '' : pools.has(group) ? null : await unreached(group);
      if (reason !== null) problems.push(`launch ${step.node} in group ${group ?? '(none)'}${reason}`);
    }
  }
  if (problems.length === 0) return null;
  const more = problems.length > EXAMPLES ? ` and ${problems.length - EXAMPLES} more` : '';
  return `nothing here can ${problems.slice(0, EXAMPLES).join(', ')}${more}; nodes are of Karpenter, of a cloud's group, or (given back only) of Cluster API`;
}

/** null: one of the clouds has such a group. Else what it says instead, to be put behind a problem. */
async function whyNoGroup(name: string, groups: readonly MachineGroups[], signal: AbortSignal): Promise<string | null> {
  try {
    const found = await Promise.all(groups.map((one) => one.groupsNamed(name, signal)));
    return found.flat().length > 0 ? null : '';
  } catch (error) {
    if (error instanceof OutageError) return ` (${error.message})`;
    throw error;
  }
}
