import {
  capacityTypeSchema,
  type DeepReadonly,
  methodSchema,
  planSchema,
  podReferenceSchema,
  policySchema,
} from '@restow/model';
import { z } from 'zod';
import { accountSchema } from '../account/account.ts';

const text = z.string();
const at = z.int();
const micros = z.int().nonnegative();
const nodeIdentity = z.strictObject({ name: text, uid: text });
const owner = z.strictObject({ apiVersion: text, kind: text, name: text, uid: text });
const reason = z.strictObject({ code: text, message: text });

const moveOrder = z.strictObject({
  id: text,
  pod: podReferenceSchema,
  owner,
  from: text,
  to: text,
  method: methodSchema,
});

/** Something that a run does to the cluster or the cloud, with all that is needed to do it again or to undo it. */
export const actSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.enum(['mark', 'unmark', 'protect', 'unprotect']), nodes: z.array(nodeIdentity) }),
  z.strictObject({
    kind: z.literal('cordon'),
    node: nodeIdentity,
    /** `empty`: it is its turn to be emptied; `hold`: no pod shall land on it while one moves. */
    purpose: z.enum(['empty', 'hold']),
    /** Somebody else had cordoned it before: it stays so. */
    wasCordoned: z.boolean(),
  }),
  z.strictObject({ kind: z.literal('uncordon'), node: nodeIdentity }),
  z.strictObject({
    kind: z.literal('launch'),
    /** What the plan calls it. */
    name: text,
    order: z.strictObject({
      token: text,
      instanceType: text,
      zone: text.nullable(),
      capacityType: capacityTypeSchema,
      arch: text,
      group: text.nullable(),
      unpreferred: z.boolean(),
    }),
    microsPerHour: micros,
  }),
  z.strictObject({ kind: z.literal('wait-ready'), token: text }),
  z.strictObject({
    kind: z.literal('move'),
    order: moveOrder,
    /** UIDs of the owner's pods before the move: what replaces it is none of them. */
    known: z.array(text),
    /** Other pods do its work meanwhile, so that its absence is no stall. */
    stoodIn: z.boolean(),
  }),
  /** What a move that was broken off has begun is undone. */
  z.strictObject({ kind: z.literal('withdraw'), order: moveOrder }),
  z.strictObject({ kind: z.literal('verify'), moved: text, planned: text }),
  z.strictObject({ kind: z.literal('remove'), node: nodeIdentity, microsPerHour: micros.nullable() }),
  /** What a removal that was broken off has begun is undone. */
  z.strictObject({ kind: z.literal('keep'), node: nodeIdentity }),
  z.strictObject({ kind: z.literal('release'), token: text }),
]);

const outcomeSchema = z.discriminatedUnion('ok', [
  z.strictObject({
    ok: z.literal(true),
    launchedAt: at.exactOptional(),
    /** For what time a node given back was paid; null: nothing had been ordered. */
    paid: z.strictObject({ from: at, until: at }).nullable().exactOptional(),
    removedAt: at.exactOptional(),
    stoppedAt: at.exactOptional(),
    movedBytes: z.int().nonnegative().exactOptional(),
    node: nodeIdentity.exactOptional(),
    /** What a moved pod became; null: its owner wanted it no more. */
    pod: podReferenceSchema.nullable().exactOptional(),
    /** Where it runs now. */
    landedOn: text.exactOptional(),
    stallMs: z.int().nonnegative().exactOptional(),
  }),
  z.strictObject({ ok: z.literal(false), code: text, reason: text }),
]);

/** One entry of a run's journal. The first is `started`; `ended` is the last, if there is one. */
export const recordSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('started'),
    at,
    runId: text,
    /** UID of the cluster, null when its snapshots do not say. */
    cluster: text.nullable(),
    plan: planSchema,
    policy: policySchema,
    /** What the priced nodes cost when the run began. */
    microsPerHour: micros,
  }),
  z.strictObject({ type: z.literal('begun'), at, act: text, step: text, does: actSchema }),
  z.strictObject({ type: z.literal('acted'), at, act: text, outcome: outcomeSchema }),
  z.strictObject({
    type: z.literal('step'),
    at,
    step: text,
    state: z.enum(['done', 'failed', 'dropped', 'waiting']),
    reason: reason.exactOptional(),
    /** A node that the run leaves alone from now on. */
    leaveAlone: text.exactOptional(),
  }),
  /** Moves that go elsewhere than planned, because another pod took the place and left this one. */
  z.strictObject({ type: z.literal('retargeted'), at, moves: z.array(z.strictObject({ step: text, to: text })) }),
  z.strictObject({ type: z.literal('replanned'), at, reason, plan: planSchema, retreat: z.boolean() }),
  z.strictObject({ type: z.literal('stopping'), at, reason }),
  z.strictObject({ type: z.literal('resumed'), at }),
  z.strictObject({ type: z.literal('ended'), at, account: accountSchema }),
]);

export type JournalRecord = DeepReadonly<z.infer<typeof recordSchema>>;
export type Act = DeepReadonly<z.infer<typeof actSchema>>;
export type ActOf<Kind extends Act['kind']> = Extract<Act, { kind: Kind }>;
export type RecordedOutcome = DeepReadonly<z.infer<typeof outcomeSchema>>;
export type Reason = DeepReadonly<z.infer<typeof reason>>;
