import { compareText, type Policy, type SnapshotNode } from '@restow/model';
import type { Problem, ProblemNode, Template } from './problem.ts';

/** The same template, which launches no more nodes than its group may have. */
export function withMostNodes(template: Template, { groups }: Policy): Template {
  const most = groups.find(({ name }) => name === template.group)?.mostNodes ?? null;
  if (most === null) return template;
  return { ...template, limits: { ...template.limits, nodes: Math.min(most, template.limits.nodes ?? most) } };
}

/**
 * Keeps as many nodes of each group as policy wants, or as there are: those that stay anyway count, and of the others the
 * cheapest are kept, those with most pods first. Which ones these are is a choice, so no bound may build on it.
 */
export function keepLeastNodes(
  nodes: readonly ProblemNode[],
  frozen: readonly SnapshotNode[],
  { groups }: Policy,
): ProblemNode[] {
  const kept = new Set<ProblemNode>();
  for (const { name, leastNodes } of groups) {
    const members = nodes.filter(({ node }) => node.group === name);
    const staying = frozen.filter(({ group }) => group === name).length;
    const free = members
      .filter(({ removable }) => removable)
      .sort(
        (a, b) => a.microsPerHour - b.microsPerHour || podsOn(b) - podsOn(a) || compareText(a.node.name, b.node.name),
      );
    const missing = leastNodes - staying - (members.length - free.length);
    for (const node of free.slice(0, Math.max(0, missing))) kept.add(node);
  }
  if (kept.size === 0) return [...nodes];
  return nodes.map((node) => (kept.has(node) ? { ...node, removable: false, keptForGroup: true } : node));
}

export function reasonToKeep({ node }: ProblemNode, { groups }: Policy): string {
  const least = groups.find(({ name }) => name === node.group)!.leastNodes;
  return `its group ${node.group} has no fewer than ${least} nodes (policy groups)`;
}

/** The same problem for a bound: whichever nodes are kept for their groups, no more than this is certain. */
export function withoutKept(problem: Problem): Problem {
  if (problem.nodes.every(({ keptForGroup }) => !keptForGroup)) return problem;
  return { ...problem, nodes: problem.nodes.map((node) => (node.keptForGroup ? { ...node, removable: true } : node)) };
}

function podsOn({ homeCounts }: ProblemNode): number {
  return homeCounts.reduce((sum, count) => sum + count, 0);
}
