import type { Problem, ProblemNode } from '../problem/problem.ts';
import type { Container } from './containers.ts';
import { Knapsack } from './knapsack.ts';
import { type LinearRules, standingOf } from './linear-rules.ts';

/**
 * What holds pods where it counts which of them stay: a kind that can be launched, or existing nodes with the same pods.
 * Its classes are twice those of the problem: class `c` as a pod that comes, and `c` after the last of them as one that stays.
 */
export interface Site {
  readonly knapsack: Knapsack;
  /** Price of using one; 0 for nodes that stay anyway. */
  readonly microsPerHour: number;
  /** What one pod of each class costs there, where that is known of the site alone; null: nothing. */
  readonly podMicrosPerHour: Float64Array | null;
  /** Index of the kind, or null. */
  readonly kind: number | null;
  /** Indices of the existing nodes. */
  readonly nodes: readonly number[];
}

/** The kinds among the containers, and all existing nodes, those with the same pods together that are alike for the rules. */
export function sitesOf(problem: Problem, containers: readonly Container[], rules: LinearRules): Site[] {
  const { classes, boundResources } = problem;
  const doubled = [...classes, ...classes.map((one) => ({ ...one, index: classes.length + one.index }))];
  const knapsackOf = (container: Container) => new Knapsack(container, doubled, boundResources);
  const shared = new Map<Int32Array, Int32Array>();
  const kinds = containers.flatMap((container): Site[] => {
    const { kind, microsPerHour } = container;
    if (kind === null) return [];
    const most = shared.get(container.most) ?? new Int32Array(doubled.length);
    most.set(container.most);
    shared.set(container.most, most);
    const podMicrosPerHour = problem.kinds[kind]!.podCosts.microsPerHour;
    return [{ knapsack: knapsackOf({ ...container, most }), microsPerHour, podMicrosPerHour, kind, nodes: [] }];
  });
  const alike = Map.groupBy(problem.nodes, (node) => `${keyOf(node)}|${standingOf(node, rules)}`);
  const existing = [...alike.values()].map((nodes): Site => {
    const [first] = nodes as [ProblemNode];
    const microsPerHour = first.removable ? first.microsPerHour : 0;
    const indices = nodes.map(({ index }) => index);
    const container = { microsPerHour, count: nodes.length, kind: null, nodes: indices, ...roomOf(problem, first) };
    const podMicrosPerHour = first.podCosts.microsPerHour;
    return { knapsack: knapsackOf(container), microsPerHour, podMicrosPerHour, kind: null, nodes: indices };
  });
  return [...kinds, ...existing];
}

function keyOf(node: ProblemNode): string {
  const { shape, podCosts, microsPerHour, removable, receives, capacity, homeClasses, homeCounts } = node;
  const home = Array.from(homeClasses, (c, k) => `${c}:${homeCounts[k]}`).sort();
  return `${shape}|${podCosts.interruptionsPerHour}|${microsPerHour}|${removable}|${receives}|${capacity.join()}|${home.join()}`;
}

function roomOf(problem: Problem, node: ProblemNode): Pick<Container, 'capacity' | 'most'> {
  const { classes, boundResources, eligible } = problem;
  const { capacity } = node;
  const most = new Int32Array(2 * classes.length);
  node.homeClasses.forEach((c, k) => {
    most[classes.length + c] = node.homeCounts[k]!;
  });
  if (!node.receives) return { capacity, most };
  for (const { index, dims, amounts, pods } of classes) {
    if (eligible[node.shape]![index] !== 1) continue;
    let fits = pods.length;
    dims.forEach((r, d) => {
      if (boundResources[r]) fits = Math.min(fits, Math.floor(capacity[r]! / amounts[d]!));
    });
    most[index] = Math.max(0, fits - most[classes.length + index]!);
  }
  return { capacity, most };
}
