import {
  compareText,
  nanosToMicros,
  type Policy,
  type PriceBook,
  parseRateNanos,
  type Snapshot,
  type SnapshotPod,
} from '@restow/model';
import {
  attachLimitsOf,
  belongsToNode,
  daemonPods,
  sharesOf,
  stayReasons,
  viewOfNode,
  worldOf,
} from '@restow/scheduling';
import { awayCosts } from '../moving/away-costs.ts';
import { predictMovement } from '../moving/movement.ts';
import { interruptionsPerHour } from '../moving/risk.ts';
import { stakes } from '../moving/stake.ts';
import { groupIntoClasses } from './classes.ts';
import { CouplingIndex } from './coupling.ts';
import type { NodePrices } from './coverage.ts';
import { demandOf, demandOfAll, holdsInBound, supplyOf } from './demand.ts';
import { dropDominated } from './dominance.ts';
import { keepLeastNodes, reasonToKeep } from './group-sizes.ts';
import { draftKinds } from './kinds.ts';
import { limitGroupsOf } from './limits.ts';
import { reasonsWithoutPlace } from './no-other-place.ts';
import { NO_POD_COSTS, podCostingOf, podCostsOn } from './pod-costs.ts';
import { PreferenceIndex } from './preferences.ts';
import type { NodeKind, Problem, ProblemNode } from './problem.ts';
import { relevantLabels, ShapeIndex } from './shapes.ts';
import { type ActiveNode, sortNodes } from './sort-nodes.ts';
import { templatesOf } from './templates.ts';
import { isWaitingRoom, priceWaitingRooms, withoutWaitingRooms } from './waiting-rooms.ts';

/** Of what prices are not known, so much is said with every plan. */
const MOST_MISSING = 5;

/** Everything that the solver needs, in arrays; nothing of it depends on the order of the snapshot's objects. */
export function buildProblem(snapshot: Snapshot, book: PriceBook, prices: NodePrices, policy: Policy): Problem {
  const world = worldOf(snapshot);
  const limits = attachLimitsOf(snapshot);
  const asTheyAre = withoutWaitingRooms(snapshot);
  const byName = [...snapshot.nodes].sort((a, b) => compareText(a.name, b.name));
  const nodes = byName.filter(({ name }) => !isWaitingRoom(name));
  const rooms = byName.filter(({ name }) => isWaitingRoom(name));
  const pods = snapshot.pods
    .filter(({ node }) => node !== null)
    .sort((a, b) => compareText(a.namespace, b.namespace) || compareText(a.name, b.name));
  const podReasons = stayReasons(asTheyAre, policy, world);
  const views = new Map(byName.map((node) => [node.name, viewOfNode(node, limits)]));
  const { frozen, frozenPrices, unpriced, nodeReasons, notes, ...sorted } = sortNodes(
    nodes,
    snapshot.nodePools,
    views,
    book,
    prices,
    policy,
  );
  const active = [
    ...sorted.active,
    ...rooms.map((node): ActiveNode => ({ node, view: views.get(node.name)!, microsPerHour: 0, kept: [] })),
  ];
  const activeNames = new Set(active.map(({ node }) => node.name));
  const isMobile = (pod: SnapshotPod) =>
    activeNames.has(pod.node!) && !belongsToNode(pod) && !podReasons.has(`${pod.namespace}/${pod.name}`);
  const mobile = pods.filter(isMobile);
  const immobile = pods.filter((pod) => !isMobile(pod));

  const fromPriceFile = book.sources.some(({ name }) => name === 'file');
  const templates = policy.onlyRemove ? [] : templatesOf(asTheyAre, policy, fromPriceFile);
  const drafts = draftKinds(asTheyAre, book, templates, policy, daemonPods(asTheyAre), limits, world);
  const limitGroups = limitGroupsOf(templates, frozen);
  const limitNames = templates.filter(({ limits: l }) => Object.keys(l).length > 0).map(({ group }) => group);

  const fullMicros = nanosToMicros(parseRateNanos(policy.pods.preferencePrice));
  const shapes = new ShapeIndex(relevantLabels(mobile, world, fullMicros > 0));
  const nodeShapes = active.map(({ node, view }) =>
    shapes.add({
      view,
      arch: node.arch,
      os: node.os,
      capacityType: node.capacityType,
      acceleratorPodsOnly: false,
    }),
  );
  const kindShapes = drafts.map(({ offering, view, acceleratorPodsOnly }) => {
    const { arch, os, capacityType } = offering;
    return shapes.add({ view: view('new'), arch, os, capacityType, acceleratorPodsOnly });
  });

  const coupling = new CouplingIndex(pods, world, sharesOf(snapshot, policy));
  const preferences = new PreferenceIndex(pods, world, fullMicros, (key, filter) => coupling.topologyOf(key, filter));
  const movement = predictMovement(asTheyAre, policy);
  const stakeOf = stakes(asTheyAre, policy);
  const demands = new Map(mobile.map((pod) => [pod, demandOf(pod, world)]));
  const resources = [...new Set([...demands.values()].flatMap((demand) => Object.keys(demand)))].sort(compareText);
  const { classes, eligible, unmet, classOf } = groupIntoClasses(
    mobile,
    resources,
    demands,
    coupling,
    shapes,
    snapshot,
    policy,
    world,
    {
      away: awayCosts(policy, stakeOf, movement),
      preferences: (pod) => preferences.of(pod),
      ...podCostingOf(policy, fullMicros, stakeOf),
    },
  );
  const costsOn = podCostsOn(classes, unmet, fullMicros);

  const domainsByNode = new Map(nodes.map((node) => [node.name, coupling.domainsOf(views.get(node.name)!, node)]));
  for (const { name } of rooms) domainsByNode.set(name, new Int32Array(coupling.topologies.length).fill(-1));
  const immobileByNode = Map.groupBy(immobile, ({ node }) => node!);
  const mobileByNode = Map.groupBy(mobile, ({ node }) => node!);
  const usedBy = (some: readonly SnapshotPod[]) => {
    const sum = demandOfAll(some, world);
    return Float64Array.from(resources, (name) => sum[name] ?? 0);
  };
  const sizedGroups = new Set<string | null>(policy.groups.map(({ name }) => name));
  const drafted = active.map(({ node, view, microsPerHour, kept }, index): ProblemNode => {
    const pinned = immobileByNode.get(node.name) ?? [];
    const heldBy = pinned.filter((pod) => !belongsToNode(pod));
    const home = Map.groupBy(mobileByNode.get(node.name) ?? [], (pod) => classOf.get(pod)!);
    const homeClasses = [...home.keys()].sort((a, b) => a - b);
    const used = usedBy(pinned);
    const homeUse = usedBy(mobileByNode.get(node.name) ?? []);
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
      keptForGroup: false,
      receives: !overfull && !isWaitingRoom(node.name),
      shape: nodeShapes[index]!,
      podCosts: isWaitingRoom(node.name)
        ? NO_POD_COSTS
        : costsOn(nodeShapes[index]!, interruptionsPerHour(policy, node)),
      domains: domainsByNode.get(node.name)!,
      homeClasses: Int32Array.from(homeClasses),
      homeCounts: Int32Array.from(homeClasses, (c) => home.get(c)!.length),
      limitGroup: node.owner === 'karpenter' || sizedGroups.has(node.group) ? limitNames.indexOf(node.group) : -1,
    };
  });

  const draftedKinds = drafts.flatMap((draft, d): Omit<NodeKind, 'index' | 'usable'>[] => {
    const { offering, zone, template, microsPerHour, view, daemons } = draft;
    const overhead = demandOfAll(daemons, world);
    const sample = view('new');
    const capacity = Float64Array.from(resources, (name) => supplyOf(sample, name) - (overhead[name] ?? 0));
    if (capacity.some((amount) => amount < 0)) return [];
    const domains = coupling.domainsOf(sample, { capacityType: offering.capacityType, zone });
    const limitGroup = limitNames.indexOf(template.group);
    return [
      {
        offering,
        zone,
        template,
        microsPerHour,
        capacity,
        shape: kindShapes[d]!,
        podCosts: costsOn(kindShapes[d]!, interruptionsPerHour(policy, offering)),
        domains,
        limitGroup,
        view,
        daemons,
      },
    ];
  });
  const outside = immobile.map((pod) => [pod, domainsByNode.get(pod.node!)!] as const);
  const terms = coupling.countTerms(
    outside,
    drafts.flatMap(({ daemons }) => daemons),
  );
  const initial = terms.map((term) => new Map(term.fixedByDomain));
  for (const { homeClasses, homeCounts, domains } of drafted) {
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
  const priced = priceWaitingRooms(drafted, classes, kinds, eligible);
  const problemNodes = keepLeastNodes(priced, frozen, policy);
  for (const one of problemNodes) if (one.keptForGroup) nodeReasons.set(one.node.name, [reasonToKeep(one, policy)]);

  for (const [pod, reasons] of reasonsWithoutPlace(
    classes,
    problemNodes,
    kinds,
    shapes.facts,
    eligible,
    policy,
    world,
  )) {
    podReasons.set(pod, reasons);
  }
  for (const what of book.missing.slice(0, MOST_MISSING)) notes.add(`prices: ${what}`);
  if (book.missing.length > MOST_MISSING)
    notes.add(`prices: ${book.missing.length - MOST_MISSING} more are not known (restow prices)`);
  for (const gap of snapshot.gaps)
    notes.add(
      `${gap.message}${gap.count > 1 ? ` (${gap.count})` : ''}${gap.examples.length > 0 ? `: ${gap.examples.join(', ')}` : ''}`,
    );
  if (!policy.onlyRemove && kinds.length === 0)
    notes.add('nothing can be launched: no node pool, node group or policy template with a price');

  return {
    policy,
    resources,
    boundResources: resources.map(holdsInBound([...pods, ...drafts.flatMap(({ daemons }) => daemons)])),
    classes,
    nodes: problemNodes,
    kinds,
    allKinds,
    eligible,
    topologies: coupling.topologies,
    terms,
    spreads,
    shares: coupling.shareRules((term) => initial[term]!),
    preferred: preferences.preferred(
      outside,
      [...domainsByNode.values()],
      (topology) => coupling.topologies[topology]!.perNode,
    ),
    limitGroups,
    frozenMicrosPerHour: [...frozenPrices.values()].reduce((sum, price) => sum + price, 0),
    frozenPrices,
    moveMicrosPerHour: nanosToMicros(parseRateNanos(String(policy.movePrice))) / policy.horizonHours,
    movement,
    nodeReasons,
    podReasons,
    unpriced,
    notes: [...notes],
  };
}
