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
  /** Those that rules on pods speak of. */
  readonly topologies: readonly number[];
}

export const NO_RULES: LinearRules = { pods: [], nodes: [], topologies: [] };

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
  if (problem.classes.length > MOST_TOGETHER) return { ...NO_RULES, nodes };
  const uneven = unevenTopologies(problem);
  const pods = [...shareCaps(problem), ...spreadCaps(problem), ...apartCaps(problem)]
    .filter(({ term }) => uneven.has(problem.terms[term]!.topologyKey))
    .flatMap((cap) => rulesByDomain(problem, cap));
  if (pods.length > MOST_POD_RULES) return { ...NO_RULES, nodes };
  return { pods, nodes, topologies: [...new Set(pods.map(({ topology }) => topology))] };
}

/** How many pods of some classes, with what never moves, a term lets be in a domain in the end. */
interface Cap {
  readonly term: number;
  readonly classes: readonly PodClass[];
  readonly most: (domain: number, counted: Counted) => number;
}

function shareCaps(problem: Problem): Cap[] {
  return problem.shares.map(({ term, most }) => ({
    term,
    classes: matchingOf(problem, term),
    most: (domain, { byDomain }) => Math.max(most, byDomain.get(domain) ?? 0),
  }));
}

function spreadCaps(problem: Problem): Cap[] {
  return problem.spreads.flatMap((spread, index): Cap[] => {
    const { term } = spread;
    const most: Cap['most'] = (domain, counted) => mostBySpread(spread, counted, domain);
    return isOwn(problem, index) ? [{ term, classes: matchingOf(problem, term), most }] : [];
  });
}

/** Pods that keep their like out of their domain: one, or as many as were there. */
function apartCaps({ terms, classes }: Problem): Cap[] {
  return terms.flatMap(({ fixedByDomain }, term): Cap[] => {
    const apart = classes.filter(({ repels, matches }) => repels.includes(term) && matches.includes(term));
    const most: Cap['most'] = (domain, { byDomain }) =>
      Math.max(byDomain.get(domain) ?? 0, (fixedByDomain.get(domain) ?? 0) + 1);
    return apart.length === 0 ? [] : [{ term, classes: apart, most }];
  });
}

/** For every domain where it can matter, less what never moves. */
function rulesByDomain(problem: Problem, { term, classes, most }: Cap): PodRule[] {
  const { topologyKey: topology, fixedByDomain } = problem.terms[term]!;
  const counted = countedAtStart(problem, term);
  const all = classes.reduce((sum, { pods }) => sum + pods.length, 0);
  return domainsOf(problem, topology)
    .map((domain) => ({
      topology,
      domain,
      classes: classes.map(({ index }) => index),
      most: Math.max(0, most(domain, counted) - (fixedByDomain.get(domain) ?? 0)),
    }))
    .filter((rule) => rule.most < all);
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
 * Where something can be launched in one domain that cannot be had in all others just like it; every node a domain is none.
 * Where there is only one, what it takes no more of must go where nobody is counted, which is another place in any case.
 */
function unevenTopologies(problem: Problem): ReadonlySet<number> {
  const { kinds, eligible, topologies } = problem;
  const alike = Map.groupBy(kinds, ({ microsPerHour, capacity, shape }) =>
    [microsPerHour, capacity.join(), eligible[shape]!.join('')].join('|'),
  );
  const isUneven = (topology: number) => {
    const { length } = domainsOf(problem, topology);
    if (length === 1) return true;
    return [...alike.values()].some((twins) => {
      const { size } = new Set(twins.map(({ domains }) => domains[topology]!).filter((domain) => domain >= 0));
      return size > 0 && size < length;
    });
  };
  return new Set([...topologies.keys()].filter((topology) => !topologies[topology]!.perNode && isUneven(topology)));
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
export function standingOf(node: ProblemNode, rules: LinearRules): string {
  return `${domainsIn(rules, node)}|${rules.nodes.map(({ ofNode }) => ofNode(node))}`;
}

/** In which domains of the topologies that rules speak of. */
export function domainsIn({ topologies }: LinearRules, { domains }: { readonly domains: Int32Array }): string {
  return topologies.map((topology) => domains[topology]!).join();
}
