import type { SnapshotPod } from '@restow/model';
import type { ClusterState } from './cluster-state.ts';
import { spreadFilter } from './node-filter.ts';
import { profileKey } from './pod-profile.ts';
import { affinityTerm, type PodTerm, spreadTerm } from './pod-terms.ts';
import { COUPLING_RULES } from './rules.ts';
import { TermIndex } from './term-index.ts';
import type { NodeView, PodView, World } from './views.ts';

/** A pod whose rules speak of other pods, and of which. */
export interface Carrier {
  readonly pod: SnapshotPod;
  readonly terms: readonly PodTerm[];
}

/** Pods whose rules can be broken by what others do. */
export function carriersOf(pods: readonly SnapshotPod[], world: World): Carrier[] {
  return pods.flatMap((pod): Carrier[] => {
    const { podAffinity, podAntiAffinity, topologySpread } = pod.spec;
    if (pod.node === null || podAffinity.length + podAntiAffinity.length + topologySpread.length === 0) return [];
    const terms = [
      ...[...podAffinity, ...podAntiAffinity].map((term) => affinityTerm(term, pod, world)),
      ...topologySpread.map((constraint) => spreadTerm(constraint, pod)),
    ];
    return [{ pod, terms }];
  });
}

/**
 * Numbers what decides, besides how many run where, whether a pod's rules about others are met on a node: where it is
 * equal, so is the answer.
 */
export function standings(): (pod: SnapshotPod, node: NodeView) => number {
  // Pods of one kind have the same labels and the same rules.
  const kinds = new Map<string, number>();
  const kindOf = new Map<SnapshotPod, number>();
  const numbers = new Map<string, number>();
  const byNode = new Map<NodeView, (number | undefined)[]>();
  return (pod, node) => {
    let kind = kindOf.get(pod);
    if (kind === undefined) {
      kind = numberOf(kinds, `${profileKey(pod)}\n${JSON.stringify(pod.spec)}`);
      kindOf.set(pod, kind);
    }
    let byKind = byNode.get(node);
    if (byKind === undefined) {
      byKind = [];
      byNode.set(node, byKind);
    }
    const known = byKind[kind] ?? numberOf(numbers, standingKey(pod, node, kind));
    byKind[kind] = known;
    return known;
  };
}

function standingKey(pod: SnapshotPod, node: NodeView, kind: number): string {
  const { podAffinity, podAntiAffinity, topologySpread } = pod.spec;
  const labels = [...podAffinity, ...podAntiAffinity, ...topologySpread].map((rule) => node.labels[rule.topologyKey]);
  // A pod is not counted where the constraint's policies do not admit its node.
  const counts = topologySpread.map((constraint) => spreadFilter(constraint, pod)?.admits(node) !== false);
  return JSON.stringify([kind, labels, counts]);
}

function numberOf(numbers: Map<string, number>, key: string): number {
  const number = numbers.get(key) ?? numbers.size;
  numbers.set(key, number);
  return number;
}

/** Those of the carriers whose rules speak of a pod; looked for once for all pods that have the same labels. */
export function carriersBySubject(carriers: readonly Carrier[]): (pod: PodView) => readonly Carrier[] {
  const byTerm = new Map<string, Carrier[]>();
  const index = new TermIndex<readonly Carrier[]>();
  for (const carrier of carriers) {
    for (const term of carrier.terms) {
      let alike = byTerm.get(term.key);
      if (alike === undefined) {
        alike = [];
        byTerm.set(term.key, alike);
        index.add(term, alike);
      }
      alike.push(carrier);
    }
  }
  const found = new Map<string, readonly Carrier[]>();
  return (pod) => {
    const key = profileKey(pod);
    let speaking = found.get(key);
    if (speaking === undefined) {
      speaking = [...new Set(index.matching(pod).flat())];
      found.set(key, speaking);
    }
    return speaking;
  };
}

/** Names of the rules about other pods which this pod, where it is, does not meet. */
export function troubles(pod: SnapshotPod, node: string, state: ClusterState): string[] {
  state.remove(pod, node);
  const place = state.place(node);
  const rules = COUPLING_RULES.filter((rule) => rule.check(pod, place, state) !== null).map(({ name }) => name);
  state.add(pod, node);
  return rules;
}
