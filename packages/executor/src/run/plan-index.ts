import type { Placement, Plan } from '@restow/model';

/** What is asked of a plan at every step, by name and UID. */
export interface PlanIndex {
  readonly nodeFingerprints: ReadonlyMap<string, string>;
  readonly nodeUids: ReadonlyMap<string, string>;
  readonly podFingerprints: ReadonlyMap<string, string>;
  readonly placements: ReadonlyMap<string, Placement>;
  /** Nodes that the plan launches. */
  readonly toCome: ReadonlySet<string>;
}

const known = new WeakMap<Plan, PlanIndex>();

export function indexOf(plan: Plan): PlanIndex {
  let index = known.get(plan);
  if (index === undefined) {
    const { nodes, pods } = plan.reliesOn;
    const targets = [...plan.target.nodes, ...plan.target.spares];
    index = {
      nodeFingerprints: new Map(nodes.map(({ name, fingerprint }) => [name, fingerprint])),
      nodeUids: new Map(nodes.map(({ name, uid }) => [name, uid])),
      podFingerprints: new Map(pods.map(({ uid, fingerprint }) => [uid, fingerprint])),
      placements: new Map(plan.target.placements.map((placement) => [placement.uid, placement])),
      toCome: new Set(targets.filter(({ existing }) => !existing).map(({ name }) => name)),
    };
    known.set(plan, index);
  }
  return index;
}
