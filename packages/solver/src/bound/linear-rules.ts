import type { NodeKind, PodClass, Problem, ProblemNode } from '../problem/problem.ts';
import { type Counted, countedAtStart, mostBySpread } from '../problem/spread-limit.ts';
import { MOST_TOGETHER } from './parts.ts';

/** Of these classes no more than `most` pods are in one domain of a topology in the end. */
export interface PodRule {
  readonly topology: number;
  readonly domain: number;
  readonly classes: readonly number[];
  readonly most: number;
}

/** What kinds and existing nodes count, which may be gone, is no more than `most` in all; negative: so much there must be. */
export interface NodeRule {
  readonly ofKind: (kind: NodeKind) => number;
  readonly ofNode: (node: ProblemNode) => number;
  readonly most: number;
}

/** Rules between nodes that are linear in what nodes hold, and hold at the end of every valid plan. */
export interface LinearRules {
  readonly pods: readonly PodRule[];
  readonly nodes: readonly NodeRule[];
}

export const NO_RULES: LinearRules = { pods: [], nodes: [] };

/** With more of them, a program that has them all takes too long; without them it proves less. */
const MOST_POD_RULES = 1_000;
/** A pool's limit of more than so many times what all pods ask for is as good as none. */
const AMPLE = 2;

/**
 * Shares, spreads and anti-affinity over zones and the like, where it makes a difference in what domain a node is; limits of
 * pools, and least numbers of nodes.
 */
export function linearRulesOf(problem: Problem): LinearRules {
  const nodes = [...limitRules(problem), ...leastRules(problem)];
  if (problem.classes.length > MOST_TOGETHER) return { pods: [], nodes };
  const isUneven = problem.topologies.map((_, topology) => differsByDomain(problem, topology));
  const counts = new Map<number, Counted>();
  const countedBy = (term: number): Counted => {
    const known = counts.get(term) ?? countedAtStart(problem, term);
    counts.set(term, known);
    return known;
  };
  const pods = [
    ...shareRules(problem, countedBy),
    ...spreadRules(problem, countedBy),
    ...apartRules(problem, countedBy),
  ].filter(({ topology, classes, most }) => isUneven[topology] && most < podsOf(problem, classes));
  return { pods: pods.length > MOST_POD_RULES ? [] : pods, nodes };
}

function podsOf(problem: Problem, classes: readonly number[]): number {
  return classes.reduce((sum, c) => sum + problem.classes[c]!.pods.length, 0);
}

type CountedBy = (term: number) => Counted;

function shareRules(problem: Problem, countedBy: CountedBy): PodRule[] {
  return problem.shares.flatMap(({ term, most }) =>
    rulesByDomain(problem, term, matchingOf(problem, term), (domain) =>
      Math.max(most, countedBy(term).byDomain.get(domain) ?? 0),
    ),
  );
}

function spreadRules(problem: Problem, countedBy: CountedBy): PodRule[] {
  return problem.spreads.flatMap((spread, index) => {
    const { term, domains } = spread;
    if (domains === null || !isOwn(problem, index)) return [];
    const most = (domain: number) => mostBySpread(spread, countedBy(term), domain);
    return rulesByDomain(problem, term, matchingOf(problem, term), most);
  });
}

/** Pods that keep their like out of their domain: one, or as many as were there. */
function apartRules(problem: Problem, countedBy: CountedBy): PodRule[] {
  const { terms, topologies, classes } = problem;
  return terms.flatMap(({ topologyKey, fixedByDomain }, term) => {
    if (topologies[topologyKey]!.perNode) return [];
    const apart = classes.filter(({ repels, matches }) => repels.includes(term) && matches.includes(term));
    if (apart.length === 0) return [];
    const most = (domain: number) =>
      Math.max(countedBy(term).byDomain.get(domain) ?? 0, (fixedByDomain.get(domain) ?? 0) + 1);
    return rulesByDomain(problem, term, apart, most);
  });
}

/** For every domain of a term's topology, less what never moves. */
function rulesByDomain(
  problem: Problem,
  term: number,
  counted: readonly PodClass[],
  most: (domain: number) => number,
): PodRule[] {
  const { topologyKey: topology, fixedByDomain } = problem.terms[term]!;
  const classes = counted.map(({ index }) => index);
  return domainsOf(problem, topology).map((domain) => ({
    topology,
    domain,
    classes,
    most: Math.max(0, most(domain) - (fixedByDomain.get(domain) ?? 0)),
  }));
}

function matchingOf({ classes }: Problem, term: number): PodClass[] {
  return classes.filter(({ matches }) => matches.includes(term));
}

/** Whether all pods that a spread counts and that may move carry it themselves, so that each that comes is let in by it. */
function isOwn(problem: Problem, spread: number): boolean {
  const { term, selfMatch } = problem.spreads[spread]!;
  return selfMatch === 1 && matchingOf(problem, term).every(({ spreads }) => spreads.includes(spread));
}

function domainsOf({ nodes, kinds }: Problem, topology: number): number[] {
  return [...new Set([...nodes, ...kinds].map(({ domains }) => domains[topology]!))].filter((domain) => domain >= 0);
}

/**
 * Whether something can be launched in one domain that cannot be had in all others just like it. Where there is only one,
 * what it takes no more of must go where nobody is counted, which is another place in any case.
 */
function differsByDomain(problem: Problem, topology: number): boolean {
  const { kinds, eligible, topologies } = problem;
  if (topologies[topology]!.perNode) return false;
  const { length } = domainsOf(problem, topology);
  if (length === 1) return true;
  const counted = kinds.filter(({ domains }) => domains[topology]! >= 0);
  const alike = Map.groupBy(counted, ({ microsPerHour, capacity, shape }) =>
    [microsPerHour, capacity.join(), eligible[shape]!.join('')].join('|'),
  );
  return [...alike.values()].some((twins) => new Set(twins.map(({ domains }) => domains[topology]!)).size < length);
}

/** What pools may have, as far as it may not be enough. */
function limitRules(problem: Problem): NodeRule[] {
  const { limitGroups, nodes, classes, resources } = problem;
  return limitGroups.flatMap(({ resources: limited, left, ofNode, ofKind }, group) =>
    limited.flatMap((name, at): NodeRule[] => {
      const r = resources.indexOf(name);
      const asked = classes.reduce(
        (sum, { dims, amounts, pods }) => sum + pods.length * (amounts[dims.indexOf(r)] ?? 0),
        0,
      );
      if (name !== 'nodes' && left[at]! > AMPLE * asked) return [];
      const used = (some: readonly ProblemNode[]) => some.reduce((sum, node) => sum + ofNode(node)[at]!, 0);
      const members = nodes.filter(({ limitGroup }) => limitGroup === group);
      const staying = members.filter(({ removable }) => !removable);
      return [
        scaled({
          ofKind: (kind) => (kind.limitGroup === group ? ofKind(kind)[at]! : 0),
          ofNode: (node) => (node.removable && node.limitGroup === group ? ofNode(node)[at]! : 0),
          most: Math.max(left[at]!, used(members)) - used(staying),
        }),
      ];
    }),
  );
}

/** The same rule with numbers near one. */
function scaled({ ofKind, ofNode, most }: NodeRule): NodeRule {
  const unit = Math.max(1, most);
  return { ofKind: (kind) => ofKind(kind) / unit, ofNode: (node) => ofNode(node) / unit, most: most / unit };
}

/** Groups that must keep nodes, or have new ones instead. */
function leastRules({ nodes, policy }: Problem): NodeRule[] {
  return policy.groups.flatMap(({ name }): NodeRule[] => {
    const least = nodes.filter(({ node, keptForGroup }) => keptForGroup && node.group === name).length;
    if (least === 0) return [];
    return [
      {
        ofKind: ({ template }) => (template.group === name ? -1 : 0),
        ofNode: ({ node, removable }) => (removable && node.group === name ? -1 : 0),
        most: -least,
      },
    ];
  });
}

/** Where a node stands towards the rules: alike for those that they tell not apart. */
export function standingOf(node: ProblemNode, { pods, nodes }: LinearRules): string {
  return `${domainsIn(pods, node)}|${nodes.map(({ ofNode }) => ofNode(node))}`;
}

/** In which domains of the topologies that rules speak of. */
export function domainsIn(rules: readonly PodRule[], { domains }: { readonly domains: Int32Array }): string {
  return [...new Set(rules.map(({ topology }) => topology))].map((topology) => domains[topology]!).join();
}
