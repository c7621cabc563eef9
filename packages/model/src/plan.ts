import { z } from 'zod';
import { API_VERSION } from './api-version.ts';
import type { DeepReadonly } from './deep-readonly.ts';
import { digestOf } from './digest.ts';
import { policySchema } from './policy.ts';
import { priceBasisSchema } from './price-book.ts';
import { capacityTypeSchema } from './snapshot.ts';

const text = z.string();
const micros = z.int().nonnegative();
/** A pod as a plan names it: the UID says that it is still that one. */
export const podReferenceSchema = z.strictObject({ namespace: text, name: text, uid: text });

/** How a pod gets to its node; `stay` when it does not move. DESIGN: the ladder of methods. */
export const methodSchema = z.enum(['stay', 'evict', 'surge', 'volume-handover', 'checkpoint', 'operator', 'live']);

const choice = { instanceType: text, zone: text.nullable(), capacityType: capacityTypeSchema, microsPerHour: micros };

const targetNode = z.strictObject({
  name: text,
  existing: z.boolean(),
  instanceType: text.nullable(),
  zone: text.nullable(),
  capacityType: capacityTypeSchema,
  arch: text,
  group: text.nullable(),
  /** null: not priced. */
  microsPerHour: micros.nullable(),
  /** What else could be launched in its place and hold the same pods, cheapest first; empty for existing nodes. */
  alternatives: z.array(z.strictObject(choice)),
});

const placement = z.strictObject({
  ...podReferenceSchema.shape,
  node: text,
  /** The node that it leaves; null when it stays. */
  from: text.nullable(),
  method: methodSchema,
  /** Predicted time without the pod while nothing stands in for it. */
  stallMs: z.int().nonnegative(),
  /** Predicted bytes sent from node to node. */
  movedBytes: z.int().nonnegative(),
});

export const stepKindSchema = z.enum(['launch', 'wait-ready', 'cordon', 'move', 'drain', 'remove']);

const step = z.strictObject({
  id: text,
  kind: stepKindSchema,
  after: z.array(text),
  node: text.exactOptional(),
  pod: podReferenceSchema.exactOptional(),
  method: methodSchema.exactOptional(),
  /** Taken only where that step, which moves the same pod, came to nothing. */
  insteadOf: text.exactOptional(),
});

const evacuation = z.strictObject({
  /** Nodes that are about to go, with the time at which they do. */
  nodes: z.array(z.strictObject({ name: text, deadline: z.iso.datetime(), capacityType: capacityTypeSchema })),
  /** Live moves at once from one node. */
  liveAtOnce: z.int().positive(),
  /** Every pod that is there, in the order in which they go. */
  pods: z.array(
    z.strictObject({
      ...podReferenceSchema.shape,
      from: text,
      /** `stay`: it is there when its node goes. */
      method: methodSchema,
      to: text.nullable(),
      /** What it costs when it is cut off without warning. */
      interruptionMicros: micros,
      /** What its way is expected to cost. */
      lossMicros: micros,
      /** Expected, from the start; null for those that stay. */
      beginMs: z.int().nonnegative().nullable(),
      endMs: z.int().nonnegative().nullable(),
      /** Why nothing gentler is done. */
      reasons: z.array(text),
    }),
  ),
  /** Of this order, and of what simpler ones would lose by the same rates, each pod by the gentlest method that it has. */
  expectedLossMicros: z.strictObject({ planned: micros, podOrder: micros, priorityOrder: micros, nothing: micros }),
});

const stay = z.strictObject({
  kind: z.enum(['Pod', 'Node']),
  namespace: text.exactOptional(),
  name: text,
  reasons: z.array(text),
  /** What could be saved per hour, by the solver's shadow prices, if this did not have to stay; an estimate. */
  microsPerHour: micros,
});

export const planSchema = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Plan'),
  metadata: z.strictObject({
    planDigest: text,
    snapshotDigest: text,
    priceBookDigest: text,
    policyDigest: text,
    /** UID of kube-system; null when the snapshot does not say. */
    cluster: text.nullable(),
    /** Made from an anonymised snapshot: can be read and compared, never applied. */
    anonymised: z.boolean(),
    basis: priceBasisSchema,
    seed: z.int(),
    effort: z.enum(['quick', 'normal', 'thorough']),
    engine: text,
    createdAt: text,
  }),
  /** By which it was made, and is carried out. */
  policy: policySchema,
  summary: z.strictObject({
    currency: text,
    microsPerHour: z.strictObject({ before: micros, after: micros, bound: micros }),
    /** The same nodes by other terms. */
    terms: z.strictObject({
      list: z.strictObject({ before: micros, after: micros }),
      /** What was paid ahead spread over its hours; null: not known of all commitments. */
      effective: z.strictObject({ before: micros, after: micros }).nullable(),
      /** By how much the next invoice becomes smaller: `low` is what the plan was chosen by. */
      cashSaving: z.strictObject({ low: z.int(), high: z.int() }),
      /** What commitments cost an hour that cover nodes before, used or not; null: not known. */
      committed: micros.nullable(),
    }),
    /** (after − bound) / bound; 0 when both are 0, null when only the bound is. */
    gap: z.number().nullable(),
    /** What is made small, an hour over the policy's horizon, and its parts; they add up. null: nothing was made small. */
    objective: z
      .strictObject({
        total: micros,
        nodes: micros,
        /** The policy's price of every move. */
        moves: micros,
        /** Predicted time without pods that nothing stands in for, at what a second without each is worth. */
        away: micros,
        /** Predicted bytes that leave a zone. */
        traffic: micros,
        /** Launched nodes, while those that they stand in for are still there. */
        surge: micros,
        /** Interruptions that are expected, at what policy says of the pods on the nodes. Unknown in plans of old. */
        risk: micros.optional(),
        /** Preferences of pods that are not met, at the policy's price. Unknown in plans of old. */
        preferences: micros.optional(),
        /** Proven: no valid plan with at most as many moves as the policy allows makes it smaller. Unknown in plans of old. */
        bound: micros.optional(),
      })
      .nullable(),
    /** (total − bound) / bound, of the objective. */
    objectiveGap: z.number().nullable(),
    /** Optimal: it is proven that nodes cost no less, whatever moves, or that the objective is no smaller within the limit on moves. */
    status: z.enum(['optimal', 'effort-reached', 'time-limit', 'cancelled']),
    nodes: z.strictObject({
      before: z.int(),
      after: z.int(),
      removed: z.int(),
      launched: z.int(),
      unpriced: z.int(),
    }),
    pods: z.int(),
    /** Pods that wait for a node. Not said in plans of old. */
    pending: z.int().exactOptional(),
    moves: z.int(),
    stallMs: z.int(),
    movedBytes: z.int(),
    solveMs: z.int(),
  }),
  target: z.strictObject({
    nodes: z.array(targetNode),
    /** Nodes that are launched to make room on the way and removed again before the end. */
    spares: z.array(targetNode),
    placements: z.array(placement),
    /** Pods that wait for a node, where policy wants room made for them, and on which node there will be room for each: the scheduler is who brings them there. */
    pending: z.array(placement.pick({ namespace: true, name: true, uid: true, node: true })).exactOptional(),
    /** Nodes there are now that commitments pay for: emptied, they save less than their price, or nothing. */
    covered: z.array(
      z.strictObject({ node: text, by: z.array(text), microsPerHour: micros, mostMicrosPerHour: micros }),
    ),
  }),
  steps: z.array(step),
  /** What must still be so when a step is taken: the nodes that a step touches and the pods that move. */
  reliesOn: z.strictObject({
    nodes: z.array(z.strictObject({ name: text, uid: text, fingerprint: text })),
    pods: z.array(z.strictObject({ ...podReferenceSchema.shape, fingerprint: text })),
  }),
  stays: z.array(stay),
  /** Where this is no rebalancing but gets pods off nodes that are about to go. */
  evacuation: evacuation.exactOptional(),
  /** What the input did not say, and prices that were assumed. */
  notes: z.array(text),
});

/** Target placement and ordered steps, with what they save, what they cost and how far from the best they can be. */
export type Plan = DeepReadonly<z.infer<typeof planSchema>>;
export type PlanStep = Plan['steps'][number];
export type Evacuation = NonNullable<Plan['evacuation']>;
export type PlanStay = Plan['stays'][number];
export type TargetNode = Plan['target']['nodes'][number];
export type Placement = Plan['target']['placements'][number];
export type Method = z.infer<typeof methodSchema>;
export type StepKind = z.infer<typeof stepKindSchema>;
export type Effort = Plan['metadata']['effort'];
export type PlanStatus = Plan['summary']['status'];

export type PodReference = DeepReadonly<z.infer<typeof podReferenceSchema>>;

/** Digest of everything in the plan but itself, the time at which and the time in which it was made. */
export function planDigest(plan: Plan): string {
  const { planDigest: _digest, createdAt: _created, ...metadata } = plan.metadata;
  const { solveMs: _ms, ...summary } = plan.summary;
  return digestOf({ ...plan, metadata, summary });
}

/** (value − bound) / bound as the plan defines it: 0 when both are 0, null when only the bound is. */
export function relativeGap(value: number, bound: number): number | null {
  if (bound === 0) return value === 0 ? 0 : null;
  return (value - bound) / bound;
}
