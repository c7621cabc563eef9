import { LABEL, type SchedulingSpec, type SpreadConstraint, seededRandom, UNCONSTRAINED } from '@restow/model';
import { buildNode, buildPod } from '@restow/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClusterState } from './cluster-state.ts';
import { matchesSelector } from './label-selector.ts';
import { matchesNodeAffinity } from './rules/node-affinity.ts';
import { findUntolerated } from './rules/taints.ts';
import { refusalsInState } from './rules.ts';
import type { NodeView, PodView } from './views.ts';

const WORLD = { volumes: new Map(), namespaces: null };
const KEYS = [LABEL.zone, LABEL.hostname, 'rack'];

test('what is kept up to date is what counting anew gives, whatever came and went', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), (seed) => {
      const random = seededRandom(seed);
      const below = (n: number) => Math.floor(random() * n);
      const nodes = Array.from({ length: 5 }, (_, index) => nodeOf(index, below));
      const specs = Array.from({ length: 4 }, () => specOf(below));
      const kept = new ClusterState(WORLD, nodes.slice(0, 3));
      const running = new Map<PodView, string>();
      const there = new Set(nodes.slice(0, 3).map(({ name }) => name));
      for (let step = 0; step < 40; step++) {
        const draw = below(10);
        const node = nodes[below(nodes.length)]!;
        if (draw === 0 && there.has(node.name)) {
          kept.removeNode(node.name);
          there.delete(node.name);
          for (const [pod, name] of running) if (name === node.name) running.delete(pod);
        } else if (draw === 1 && !there.has(node.name)) {
          kept.addNode(node);
          there.add(node.name);
        } else if (draw < 4) {
          const [pod, name] = [...running][below(Math.max(1, running.size))] ?? [];
          if (pod === undefined) continue;
          kept.remove(pod, name!);
          running.delete(pod);
        } else if (there.has(node.name)) {
          const pod = podOf(step, specs, below);
          kept.add(pod, node.name);
          running.set(pod, node.name);
        }
        const asked = podOf(1000 + step, specs, below);
        const present = nodes.filter(({ name }) => there.has(name));
        for (const { name } of present) {
          const fresh = new ClusterState(WORLD, present);
          for (const [pod, on] of running) fresh.add(pod, on);
          // Of several pods that keep this one away, either may be named.
          const rules = refusalsInState(asked, name, kept).map(({ rule }) => rule);
          expect(rules).toEqual(refusalsInState(asked, name, fresh).map(({ rule }) => rule));
          expect(rules.includes('topology-spread')).toBe(
            asked.spec.topologySpread.some((one) => isOver(one, asked, name, present, running)),
          );
        }
      }
    }),
    { numRuns: 150 },
  );
});

/** The scheduler's rule, read off all nodes and pods. */
function isOver(
  constraint: SpreadConstraint,
  pod: PodView,
  on: string,
  nodes: readonly NodeView[],
  running: ReadonlyMap<PodView, string>,
): boolean {
  const { topologyKey, selector, maxSkew, minDomains, honourNodeAffinity, honourNodeTaints } = constraint;
  const domain = nodes.find(({ name }) => name === on)!.labels[topologyKey];
  if (domain === undefined) return true;
  const takesPart = (node: NodeView) =>
    pod.spec.topologySpread.every((one) => node.labels[one.topologyKey] !== undefined) &&
    (!honourNodeAffinity || matchesNodeAffinity(pod.spec, node)) &&
    (!honourNodeTaints || findUntolerated(node.taints, pod.spec.tolerations) === null);
  const counts = new Map<string, number>();
  for (const node of nodes.filter(takesPart)) {
    const here = [...running].filter(([other, name]) => name === node.name && matchesSelector(selector, other.labels));
    const key = node.labels[topologyKey]!;
    counts.set(key, (counts.get(key) ?? 0) + here.length);
  }
  const tooFew = counts.size === 0 || (minDomains !== null && counts.size < minDomains);
  const smallest = tooFew ? 0 : Math.min(...counts.values());
  const own = matchesSelector(selector, pod.labels) ? 1 : 0;
  return (counts.get(domain) ?? 0) + own - smallest > maxSkew;
}

function nodeOf(index: number, below: (n: number) => number): NodeView {
  const zone = `zone-${below(2)}`;
  const labels = { ...(below(4) === 0 ? {} : { rack: `rack-${below(3)}` }), disk: below(2) === 0 ? 'ssd' : 'hdd' };
  const taints = below(4) === 0 ? [{ key: 'team', value: 'x', effect: 'NoSchedule' }] : [];
  const node = buildNode(`node-${index}`, { zone, taints });
  return { ...node, labels: { ...node.labels, ...labels }, attachLimits: {} };
}

function specOf(below: (n: number) => number): SchedulingSpec {
  const selectorOf = () => ({ matchLabels: { app: `app-${below(3)}` }, matchExpressions: [] });
  const keyOf = () => KEYS[below(KEYS.length)]!;
  const affinity = () => ({
    topologyKey: keyOf(),
    selector: selectorOf(),
    namespaces: [],
    namespaceSelector: null,
    matchLabelKeys: [],
    mismatchLabelKeys: [],
  });
  return {
    ...UNCONSTRAINED,
    nodeSelector: below(3) === 0 ? { disk: 'ssd' } : {},
    podAffinity: below(4) === 0 ? [affinity()] : [],
    podAntiAffinity: below(3) === 0 ? [affinity()] : [],
    topologySpread: Array.from({ length: below(3) }, () => ({
      topologyKey: keyOf(),
      maxSkew: 1 + below(2),
      minDomains: below(3) === 0 ? 1 + below(3) : null,
      selector: selectorOf(),
      matchLabelKeys: [],
      honourNodeAffinity: below(2) === 0,
      honourNodeTaints: below(2) === 0,
    })),
  };
}

function podOf(index: number, specs: readonly SchedulingSpec[], below: (n: number) => number): PodView {
  const labels = { app: `app-${below(3)}` };
  return buildPod(`pod-${index}`, null, { labels, spec: specs[below(specs.length)]! });
}
