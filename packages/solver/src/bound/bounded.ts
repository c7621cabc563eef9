import type { NodeKind, PodClass, Problem, ProblemNode } from '../problem/problem.ts';

/** What the bound needs to know of a problem: plain data, that a thread can be given. */
export interface Bounded extends Pick<Problem, 'boundResources' | 'frozenMicrosPerHour'> {
  readonly classes: readonly (Pick<PodClass, 'index' | 'dims' | 'amounts'> & {
    readonly pods: { readonly length: number };
  })[];
  readonly nodes: readonly Pick<ProblemNode, 'removable' | 'microsPerHour' | 'homeClasses' | 'homeCounts'>[];
  readonly kinds: readonly Pick<NodeKind, 'microsPerHour'>[];
}

/** Nothing but what the bound needs. */
export function boundedOf({ boundResources, frozenMicrosPerHour, classes, nodes, kinds }: Problem): Bounded {
  return {
    boundResources,
    frozenMicrosPerHour,
    classes: classes.map(({ index, dims, amounts, pods: { length } }) => ({ index, dims, amounts, pods: { length } })),
    nodes: nodes.map(({ removable, microsPerHour, homeClasses, homeCounts }) => ({
      removable,
      microsPerHour,
      homeClasses,
      homeCounts,
    })),
    kinds: kinds.map(({ microsPerHour }) => ({ microsPerHour })),
  };
}
