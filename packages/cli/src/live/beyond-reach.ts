import type { Plan, Snapshot } from '@restow/model';

/** Whose nodes can be given back from here. */
const REACHED: ReadonlySet<string> = new Set(['karpenter', 'cluster-api']);
const EXAMPLES = 3;

/**
 * What of a plan nothing here can do, in words; null: everything can be done. Asked before anything is begun: pods that
 * have moved for a node that then cannot go have moved for nothing.
 */
export function beyondReach(plan: Plan, snapshot: Snapshot): string | null {
  const owners = new Map(snapshot.nodes.map(({ name, owner }) => [name, owner]));
  const pools = new Set(snapshot.nodePools.map(({ name }) => name));
  const planned = new Map([...plan.target.nodes, ...plan.target.spares].map((node) => [node.name, node]));
  const problems = plan.steps.flatMap(({ kind, node }): string[] => {
    if (kind === 'remove') {
      const owner = owners.get(node!);
      return owner === undefined || REACHED.has(owner) ? [] : [`remove ${node} of owner ${owner}`];
    }
    if (kind !== 'launch') return [];
    const group = planned.get(node!)?.group ?? null;
    return group !== null && pools.has(group) ? [] : [`launch ${node} in group ${group ?? '(none)'}`];
  });
  if (problems.length === 0) return null;
  const more = problems.length > EXAMPLES ? ` and ${problems.length - EXAMPLES} more` : '';
  return `nothing here can ${problems.slice(0, EXAMPLES).join(', ')}${more}; only nodes of Karpenter are ordered so far, and only those and Cluster API's given back`;
}
