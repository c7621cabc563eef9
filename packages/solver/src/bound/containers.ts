import type { Problem } from '../problem/problem.ts';
import { domainsIn, type LinearRules, NO_RULES } from './linear-rules.ts';

/** A kind of node or a group of existing nodes that are alike, as the bound sees them: something that holds pods. */
export interface Container {
  /** Price of using one; 0 for nodes that stay anyway. */
  readonly microsPerHour: number;
  readonly capacity: Float64Array;
  /** How many of each class one can hold at most, other classes aside; one and the same for kinds that hold the same. */
  readonly most: Int32Array;
  /** How many there are; Infinity for kinds that can be launched. */
  readonly count: number;
  /** Index of the kind, or null. */
  readonly kind: number | null;
  /** Indices of the existing nodes. */
  readonly nodes: readonly number[];
}

/**
 * What pods can be put into, with what can always be replaced by something as good and no dearer left out. Of rules that
 * couple nodes `rules` are heeded, so that what they count is apart, and one that is local: a class that may not meet itself on a node.
 */
export function containersOf(problem: Problem, rules: LinearRules = NO_RULES): Container[] {
  const demand = problem.classes.map(({ pods }) => pods.length);
  const lonely = lonelyClasses(problem);
  const mostOf = (capacity: Float64Array, allowed: (c: number) => number) =>
    Int32Array.from(problem.classes, ({ dims, amounts }, c) => {
      let most = Math.min(allowed(c), demand[c]!, lonely[c] ? 1 : Number.MAX_SAFE_INTEGER);
      for (let k = 0; k < dims.length && most > 0; k++) {
        const r = dims[k]!;
        if (problem.boundResources[r]) most = Math.min(most, Math.floor(capacity[r]! / amounts[k]!));
      }
      return Math.max(0, most);
    });

  const shared = new Map<string, Int32Array>();
  const kinds = problem.kinds.map((kind): Coupled => {
    const eligible = problem.eligible[kind.shape]!;
    const key = `${eligible.join('')}|${kind.capacity.join()}`;
    const most = shared.get(key) ?? mostOf(kind.capacity, (c) => (eligible[c] === 1 ? Number.MAX_SAFE_INTEGER : 0));
    shared.set(key, most);
    return {
      microsPerHour: kind.microsPerHour,
      capacity: kind.capacity,
      most,
      count: Number.POSITIVE_INFINITY,
      kind: kind.index,
      nodes: [],
      domains: domainsIn(rules, kind),
      counted: rules.nodes.map(({ ofKind }) => ofKind(kind)),
    };
  });
  const useful: Coupled[] = [];
  for (const kind of kinds.sort((a, b) => a.microsPerHour - b.microsPerHour)) {
    if (!useful.some((other) => dominates(other, kind, problem) && !isDearerForPods(problem, other, kind)))
      useful.push(kind);
  }

  const groups = new Map<string, { readonly container: Coupled; readonly nodes: number[] } | null>();
  for (const node of problem.nodes) {
    const eligible = problem.eligible[node.shape]!;
    const home = new Map<number, number>();
    node.homeClasses.forEach((c, k) => {
      if (eligible[c] !== 1 || !node.receives) home.set(c, node.homeCounts[k]!);
    });
    const price = node.removable ? node.microsPerHour : 0;
    const domains = domainsIn(rules, node);
    const counted = rules.nodes.map(({ ofNode }) => ofNode(node));
    const key = `${node.shape}|${price}|${node.removable}|${node.capacity.join(',')}|${node.receives}|${[...home].join(';')}|${domains}|${counted}`;
    let group = groups.get(key);
    if (group === undefined) {
      const most = mostOf(node.capacity, (c) =>
        eligible[c] === 1 && node.receives ? Number.MAX_SAFE_INTEGER : (home.get(c) ?? 0),
      );
      const own = { microsPerHour: price, capacity: node.capacity, most, count: 1, kind: null, nodes: [] };
      const container = { ...own, domains, counted };
      group = useful.some((other) => dominates(other, container, problem)) ? null : { container, nodes: [] };
      groups.set(key, group);
    }
    group?.nodes.push(node.index);
  }
  return [
    ...useful.map(uncoupled),
    ...[...groups.values()].flatMap((group) =>
      group === null ? [] : [{ ...uncoupled(group.container), count: group.nodes.length, nodes: group.nodes }],
    ),
  ];
}

/** A container with where it is and what it counts by itself, as rules see it. */
interface Coupled extends Container {
  readonly domains: string;
  readonly counted: readonly number[];
}

function uncoupled({ domains: _where, counted: _what, ...container }: Coupled): Container {
  return container;
}

/** Whether any pod costs more on the one kind than on the other. */
function isDearerForPods({ kinds }: Problem, a: Container, b: Container): boolean {
  const [costs, others] = [a, b].map(({ kind }) => kinds.find(({ index }) => index === kind)!.podCosts.microsPerHour);
  return costs?.some((cost, c) => cost > (others?.[c] ?? 0)) === true;
}

/** Classes of which no node may have two. */
function lonelyClasses({ classes, nodes, topologies, terms }: Problem): boolean[] {
  const together = new Set<number>();
  for (const { homeClasses, homeCounts } of nodes) {
    homeClasses.forEach((c, k) => {
      if (homeCounts[k]! > 1) together.add(c);
    });
  }
  return classes.map(
    ({ index, repels, matches }) =>
      // Pods that break the rule already may stay as they are, which a bound must allow for.
      !together.has(index) &&
      repels.some((term) => matches.includes(term) && topologies[terms[term]!.topologyKey]!.perNode),
  );
}

/** `a`, of which there are enough, can take the place of `b` at no higher price. */
function dominates(a: Coupled, b: Coupled, problem: Problem): boolean {
  if (a.count !== Number.POSITIVE_INFINITY || a.microsPerHour > b.microsPerHour) return false;
  if (a.domains !== b.domains || a.counted.some((value, r) => value > b.counted[r]!)) return false;
  for (let c = 0; c < a.most.length; c++) if (a.most[c]! < b.most[c]!) return false;
  for (let r = 0; r < a.capacity.length; r++) {
    if (problem.boundResources[r] && a.capacity[r]! < b.capacity[r]!) return false;
  }
  return true;
}
