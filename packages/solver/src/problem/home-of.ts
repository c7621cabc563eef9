import type { ProblemNode } from './problem.ts';

/** How many pods of a class are on the node at the start. */
export function homeOf(
  { homeClasses, homeCounts }: Pick<ProblemNode, 'homeClasses' | 'homeCounts'>,
  c: number,
): number {
  return homeCounts[homeClasses.indexOf(c)] ?? 0;
}
