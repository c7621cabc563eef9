import {
  compareText,
  nanosToMicros,
  type Policy,
  type PriceBook,
  parseRateNanos,
  type Snapshot,
  type SnapshotNode,
  type SnapshotPod,
} from '@restow/model';
import type { PriceLookup } from '@restow/pricing';
import { matchesSelector, type NodeView, worldOf } from '@restow/scheduling';
import { CouplingIndex } from './coupling.ts';
import { demandOf, holdsInBound, supplyOf } from './demand.ts';
import { keptOf } from './keep.ts';
import { draftKinds } from './kinds.ts';
import { limitGroupsOf } from './limits.ts';
import { belongsToNode, stayReasons } from './movability.ts';
import { nodeRole, parseLabelSelector } from './node-reasons.ts';
import { attachLimitsOf, daemonPods, requestsOfAll, viewOfNode } from './node-views.ts';
import type { NodeKind, PodClass, Problem, ProblemNode, Reasons } from './problem.ts';
import { mayCome, relevantLabels, ShapeIndex } from './shapes.ts';
import { templatesOf } from './templates.ts';

const ACCELERATOR = /gpu|neuron|gaudi|accelerator|tpu/;

/** Everything that the solver needs, in arrays; nothing of it depends on the order of the snapshot's objects. */
export function buildProblem(snapshot: Snapshot, book: PriceBook, prices: PriceLookup, policy: Policy): Problem {
  const world = worldOf(snapshot);
  const limits = attachLimitsOf(snapshot);
  const scope = parseLabelSelector(policy.nodes);
  const nodes = [...snapshot.nodes].sort((a, b) => compareText(a.name, b.name));
  const pods = snapshot.pods
    .filter(({ node }) => node !== null)
    .sort((a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name));
  const podReasons = stayReasons(snapshot, policy, world);
  const nodeReasons = new Map<string, Reasons>();
  const frozen: SnapshotNode[] = [];
  const unpriced: string[] = [];
  const notes = new Set<string>();
  const frozenPrices = new Map<string, number>();
  const active: { node: SnapshotNode; view: NodeView; microsPerHour: number; kept: Reasons }[] = [];
  const views = new Map<string, NodeView>();
  for (const node of nodes) {
    const price = prices.priceOf(node);
    const view = viewOfNode(node, limits);
    views.set(node.name, view);
    const role = nodeRole(node, price !== null, matchesSelector(scope, node.labels), policy);
    const reasons = [...role.frozen, ...role.kept];
    if (reasons.length > 0) nodeReasons.set(node.name, reasons);
    if (price === null) unpriced.push(node.name);
    else if (book.sources[price.offering.source]!.assumed) {
      notes.add(`prices of ${book.sources[price.offering.source]!.name}: assumed, not this region's own`);
    }
    if (role.frozen.length > 0 || price === null) {
      frozen.push(node);
      if (price !== null) frozenPrices.set(node.name, price.microsPerHour);
    } else active.push({ node, view, microsPerHour: price.microsPerHour, kept: role.kept });
  }
  const activeNames = new Set(active.map(({ node }) => node.name));
  const isMobile = (pod: SnapshotPod) =>
    activeNames.has(pod.node!) && !belongsToNode(pod) && !podReasons.has(`${pod.namespace}/${pod.name}`);
  const mobile = pods.filter(isMobile);
  const immobile = pods.filter((pod) => !isMobile(pod));

  const fromPriceFile = book.sources.some(({ name }) => name === 'file');
  const templates = policy.onlyRemove ? [] : templatesOf(snapshot, policy, fromPriceFile);
  const drafts = draftKinds(snapshot, book, templates, policy, daemonPods(snapshot), limits, world);
  const limitGroups = limitGroupsOf(templates, frozen);
  const limitNames = templates.filter(({ limits: l }) => Object.keys(l).length > 0).map(({ group }) => group);

  const shapes = new ShapeIndex(relevantLabels(mobile, world));
  const nodeShapes = active.map(({ node, view }) =>
    shapes.add({
      view,
      arch: node.arch,
      os: node.os,
      capacityType: node.capacityType,
      acceleratorPodsOnly: false,
      receives: true,
    }),
  );
  const kindShapes = drafts.map(({ offering, view, acceleratorPodsOnly }) => {
    const { arch, os, capacityType } = offering;
    return shapes.add({ view: view('new'), arch, os, capacityType, acceleratorPodsOnly, receives: true });
  });

  const coupling = new CouplingIndex(pods, world);
  const demands = new Map(mobile.map((pod) => [pod, demandOf(pod, world)]));
  const resources = [...new Set([...demands.values()].flatMap((demand) => Object.keys(demand)))].sort(compareText);
  const { classes, eligible, classOf } = groupIntoClasses(
    mobile,
    resources,
    demands,
    coupling,
    shapes,
    snapshot,
    policy,
    world,
  );

  const domainsByNode = new Map(nodes.map((node) => [node.name, coupling.domainsOf(views.get(node.name)!)]));
  const immobileByNode = Map.groupBy(immobile, ({ node }) => node!);
  const mobileByNode = Map.groupBy(mobile, ({ node }) => node!);
  const problemNodes = active.map(({ node, view, microsPerHour, kept }, index): ProblemNode => {
    const pinned = immobileByNode.get(node.name) ?? [];
    const heldBy = pinned.filter((pod) => !belongsToNode(pod));
    const home = Map.groupBy(mobileByNode.get(node.name) ?? [], (pod) => classOf.get(pod)!);
    const homeClasses = [...home.keys()].sort((a, b) => a - b);
    const used = usageOf(
      pinned.map((pod) => demandOf(pod, world)),
      resources,
    );
    const homeUse = usageOf(
      (mobileByNode.get(node.name) ?? []).map((pod) => demands.get(pod)!),
      resources,
    );
    const capacity = Float64Array.from(resources, (name, r) => supplyOf(view, name) - used[r]!);
    // A node that holds more than it has keeps what it holds, and nothing more comes.
    const overfull = capacity.some((amount, r) => amount < homeUse[r]!);
    if (overfull) capacity.set(homeUse);
    return {
      index,
      node,
      view,
      microsPerHour,
      capacity,
      removable: kept.length === 0 && heldBy.length === 0,
      receives: !overfull,
      shape: nodeShapes[index]!,
      domains: domainsByNode.get(node.name)!,
      homeClasses: Int32Array.from(homeClasses),
      homeCounts: Int32Array.from(homeClasses, (c) => home.get(c)!.length),
      limitGroup: node.owner === 'karpenter' ? limitNames.indexOf(node.group) : -1,
    };
  });

  const draftedKinds = drafts.flatMap((draft, d): Omit<NodeKind, 'index' | 'usable'>[] => {
    const { offering, zone, template, microsPerHour, view, daemons } = draft;
    const overhead = requestsOfAll(daemons);
    const sample = view('new');
    const capacity = Float64Array.from(resources, (name) => supplyOf(sample, name) - (overhead[name] ?? 0));
    if (capacity.some((amount) => amount < 0)) return [];
    const domains = coupling.domainsOf(sample);
    const limitGroup = limitNames.indexOf(template.group);
    return [
      { offering, zone, template, microsPerHour, capacity, shape: kindShapes[d]!, domains, limitGroup, view, daemons },
    ];
  });
  const outside = immobile.map((pod) => [pod, domainsByNode.get(pod.node!)!] as const);
  const terms = coupling.countTerms(outside);
  const initial = terms.map((term) => new Map(term.fixedByDomain));
  for (const { homeClasses, homeCounts, domains } of problemNodes) {
    homeClasses.forEach((c, position) => {
      for (const term of classes[c]!.matches) {
        const domain = domains[terms[term]!.topologyKey]!;
        if (domain >= 0) initial[term]!.set(domain, (initial[term]!.get(domain) ?? 0) + homeCounts[position]!);
      }
    });
  }
  const spreads = coupling.spreadRules([...domainsByNode.values()], (term) => initial[term]!);
  const addsDomain = ({ domains }: { domains: Int32Array }) =>
    spreads.some(({ term, domains: known }) => {
      const domain = domains[terms[term]!.topologyKey]!;
      return known !== null && domain >= 0 && !known.includes(domain);
    });
  const allKinds = draftedKinds.map((kind) => ({ ...kind, usable: !addsDomain(kind) }));
  const kinds = dropDominated(allKinds, eligible).map((kind, index) => ({ ...kind, index }));

  if (unpriced.length > 0) {
    notes.add(
      `${unpriced.length} nodes have no price: give a price file, or assume a region's prices, to plan for them too`,
    );
  }
  for (const gap of snapshot.gaps)
    notes.add(
      `${gap.message}${gap.count > 1 ? ` (${gap.count})` : ''}${gap.examples.length > 0 ? `: ${gap.examples.join(', ')}` : ''}`,
    );
  if (!policy.onlyRemove && kinds.length === 0)
    notes.add('nothing can be launched: no node pool, node group or policy template with a price');

  return {
    policy,
    resources,
    boundResources: resources.map(holdsInBound),
    classes,
    nodes: problemNodes,
    kinds,
    allKinds,
    eligible,
    topologies: coupling.topologies,
    terms,
    spreads,
    limitGroups,
    frozenMicrosPerHour: [...frozenPrices.values()].reduce((sum, price) => sum + price, 0),
    frozenPrices,
    moveMicrosPerHour: nanosToMicros(parseRateNanos(String(policy.movePrice))) / policy.horizonHours,
    nodeReasons,
    podReasons,
    unpriced,
    notes: [...notes],
  };
}

function usageOf(demands: readonly Readonly<Record<string, number>>[], resources: readonly string[]): Float64Array {
  return Float64Array.from(resources, (name) => demands.reduce((sum, demand) => sum + (demand[name] ?? 0), 0));
}

function groupIntoClasses(
  mobile: readonly SnapshotPod[],
  resources: readonly string[],
  demands: ReadonlyMap<SnapshotPod, Readonly<Record<string, number>>>,
  coupling: CouplingIndex,
  shapes: ShapeIndex,
  snapshot: Snapshot,
  policy: Policy,
  world: ReturnType<typeof worldOf>,
): { classes: PodClass[]; eligible: Uint8Array[]; classOf: Map<SnapshotPod, number> } {
  const nodeByName = new Map(snapshot.nodes.map((node) => [node.name, node]));
  const eligibilityByRules = new Map<string, string>();
  const byKey = new Map<string, { pods: SnapshotPod[]; eligibility: string }>();
  for (const pod of mobile) {
    const demand = demands.get(pod)!;
    const kept = keptOf(pod.spec, nodeByName.get(pod.node!)!, policy);
    const accelerator = Object.keys(pod.requests).some((name) => ACCELERATOR.test(name));
    const { nodeSelector, nodeAffinity, tolerations } = pod.spec;
    const volumes = pod.claims.map((claim) => world.volumes.get(`${pod.namespace}/${claim}`)?.nodeAffinity ?? null);
    const rules = JSON.stringify([nodeSelector, nodeAffinity, tolerations, volumes, kept, accelerator]);
    let eligibility = eligibilityByRules.get(rules);
    if (eligibility === undefined) {
      eligibility = shapes.facts.map((facts) => (mayCome(pod, kept, accelerator, facts, world) ? '1' : '0')).join('');
      eligibilityByRules.set(rules, eligibility);
    }
    const { matches, repels, attracts, spreads } = coupling.couplingOf(pod);
    const key = JSON.stringify([
      resources.map((name) => demand[name] ?? 0),
      matches,
      repels,
      attracts,
      spreads,
      eligibility,
    ]);
    const group = byKey.get(key);
    if (group === undefined) byKey.set(key, { pods: [pod], eligibility });
    else group.pods.push(pod);
  }
  const classOf = new Map<SnapshotPod, number>();
  const groups = [...byKey].sort(([a], [b]) => compareText(a, b));
  const classes = groups.map(([, { pods }], index): PodClass => {
    for (const pod of pods) classOf.set(pod, index);
    const demand = demands.get(pods[0]!)!;
    const dims = resources.flatMap((name, r) => ((demand[name] ?? 0) > 0 ? [r] : []));
    const carried = coupling.couplingOf(pods[0]!);
    return {
      index,
      pods,
      dims: Int32Array.from(dims),
      amounts: Float64Array.from(dims, (r) => demand[resources[r]!]!),
      ...carried,
      coupled: carried.matches.length + carried.repels.length + carried.attracts.length + carried.spreads.length > 0,
    };
  });
  const eligible = shapes.facts.map((_, shape) =>
    Uint8Array.from(groups, ([, { eligibility }]) => Number(eligibility[shape])),
  );
  return { classes, eligible, classOf };
}

/** Leaves out kinds that another one of the same shape, domains and pool can always stand in for, at no higher price. */
function dropDominated(
  kinds: readonly Omit<NodeKind, 'index'>[],
  eligible: readonly Uint8Array[],
): Omit<NodeKind, 'index'>[] {
  const kept: Omit<NodeKind, 'index'>[] = [];
  const frontiers = new Map<string, Omit<NodeKind, 'index'>[]>();
  for (const kind of kinds) {
    if (!eligible[kind.shape]!.includes(1)) continue;
    // Kinds come cheapest first, so whatever dominates this one has been seen.
    const key = `${kind.shape}|${kind.domains.join(',')}|${kind.limitGroup}|${kind.usable}`;
    let frontier = frontiers.get(key);
    if (frontier === undefined) {
      frontier = [];
      frontiers.set(key, frontier);
    }
    if (frontier.some(({ capacity }) => capacity.every((amount, r) => amount >= kind.capacity[r]!))) continue;
    frontier.push(kind);
    kept.push(kind);
  }
  return kept;
}
