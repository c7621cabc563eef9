import type { CapacityType, SnapshotPod } from '@restow/model';
import { type Kept, keepRefusal, type NodeView, refusalsOfNode, type World } from '@restow/scheduling';

/** What of a node decides, by itself, which pods may come: its labels that any pod asks for, taints, machine, cordon. */
export interface ShapeFacts {
  readonly view: NodeView;
  readonly arch: string;
  readonly os: string;
  readonly capacityType: CapacityType;
  /** Takes only pods that ask for an accelerator. */
  readonly acceleratorPodsOnly: boolean;
}

/** Label keys, and whether node names, that some rule on single nodes, or preference, refers to. */
export function relevantLabels(
  pods: readonly SnapshotPod[],
  world: World,
  withPreferences: boolean,
): { keys: ReadonlySet<string>; names: boolean } {
  const keys = new Set<string>();
  let names = false;
  const terms = [
    ...pods.map(({ spec }) => spec.nodeAffinity),
    ...(withPreferences ? pods.map(({ spec }) => spec.preferences?.nodes.map(({ term }) => term)) : []),
    ...[...world.volumes.values()].map((v) => v.nodeAffinity),
  ];
  for (const list of terms) {
    for (const { matchExpressions, matchFields } of list ?? []) {
      for (const { key } of matchExpressions) keys.add(key);
      if (matchFields.length > 0) names = true;
    }
  }
  for (const { spec } of pods) for (const key of Object.keys(spec.nodeSelector)) keys.add(key);
  return { keys, names };
}

/** Numbers the distinct shapes, so that rules on single nodes are asked once for each class and shape. */
export class ShapeIndex {
  readonly facts: ShapeFacts[] = [];
  readonly #byKey = new Map<string, number>();
  readonly #relevant: { keys: ReadonlySet<string>; names: boolean };

  constructor(relevant: { keys: ReadonlySet<string>; names: boolean }) {
    this.#relevant = relevant;
  }

  add(facts: ShapeFacts): number {
    const { view, arch, os, capacityType, acceleratorPodsOnly } = facts;
    const labels: string[] = [];
    for (const key of this.#relevant.keys) {
      const value = view.labels[key];
      if (value !== undefined) labels.push(`${key}=${value}`);
    }
    const key = JSON.stringify([
      labels,
      view.taints,
      view.unschedulable,
      this.#relevant.names ? view.name : '',
      arch,
      os,
      capacityType,
      acceleratorPodsOnly,
    ]);
    let index = this.#byKey.get(key);
    if (index === undefined) {
      index = this.facts.length;
      this.#byKey.set(key, index);
      this.facts.push(facts);
    }
    return index;
  }
}

/** Whether pods like this one may come to nodes of this shape. */
export function mayCome(
  pod: SnapshotPod,
  kept: Kept,
  usesAccelerator: boolean,
  facts: ShapeFacts,
  world: World,
): boolean {
  if (facts.acceleratorPodsOnly && !usesAccelerator) return false;
  return keepRefusal(kept, facts) === null && refusalsOfNode(pod, facts.view, world).length === 0;
}
