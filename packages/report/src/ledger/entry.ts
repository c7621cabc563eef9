import { capacityTypeSchema, type DeepReadonly, methodSchema } from '@restow/model';
import { z } from 'zod';

const text = z.string();
/** Milliseconds since the epoch. */
const at = z.int();
const count = z.int().nonnegative();
const micros = z.int();

const openedSchema = z.strictObject({
  kind: z.literal('opened'),
  at,
  /** UID of kube-system; null when the snapshots do not say. */
  cluster: text.nullable(),
  currency: text,
});

/** A node as it was from one moment until another, half open; one that stays the same has several, one after the other. */
const nodeSchema = z.strictObject({
  kind: z.literal('node'),
  uid: text,
  name: text,
  from: at,
  until: at,
  instanceType: text.nullable(),
  zone: text.nullable(),
  capacityType: capacityTypeSchema,
  group: text.nullable(),
  /** What pods may use of it. */
  cpuMilli: count,
  memoryBytes: count,
  gpus: count,
  /** What an hour of it costs, and what everybody would pay; null: not known. */
  microsPerHour: count.nullable(),
  listMicrosPerHour: count.nullable(),
});

/** A pod as it was on one node from one moment until another. */
const podSchema = z.strictObject({
  kind: z.literal('pod'),
  uid: text,
  namespace: text,
  name: text,
  /** UID of its node. */
  node: text,
  from: at,
  until: at,
  controller: z.strictObject({ kind: text, name: text }).nullable(),
  labels: z.record(text, text),
  cpuMilli: count,
  memoryBytes: count,
  gpus: count,
  /** As measured; null: nobody measures. */
  usedMemoryBytes: count.nullable(),
});

/** Nobody looked on: what came and went meanwhile is not known. */
const gapSchema = z.strictObject({ kind: z.literal('gap'), from: at, until: at, why: text });

const nodeChange = { node: text, uid: text.nullable(), microsPerHour: count.nullable() };

const runSchema = z.strictObject({
  kind: z.literal('run'),
  run: text,
  purpose: z.enum(['rebalance', 'evacuation']),
  startedAt: at,
  endedAt: at,
  outcome: text,
  reasons: z.array(text),
  promised: z.strictObject({
    microsPerHour: micros,
    listMicrosPerHour: micros,
    effectiveMicrosPerHour: micros.nullable(),
    cashMicrosPerHour: z.strictObject({ low: micros, high: micros }),
  }),
  removed: z.array(z.strictObject({ ...nodeChange, at })),
  launched: z.array(z.strictObject({ ...nodeChange, from: at, until: at.nullable() })),
  /** Paid for nodes beyond what the cluster cost at the start, until the run ended. */
  surgeMicros: count,
});

const moveSchema = z.strictObject({
  kind: z.literal('move'),
  run: text,
  namespace: text,
  name: text,
  uid: text,
  controller: text,
  from: text,
  to: text,
  method: methodSchema,
  begunAt: at,
  endedAt: at,
  /** What went wrong; null: it is ready elsewhere. */
  problem: text.nullable(),
  /** For how long nothing stood in for it; null: not known. */
  stallMs: count.nullable(),
  movedBytes: count,
});

const noticeSchema = z.strictObject({
  kind: z.literal('notice'),
  at,
  node: text,
  deadline: at,
  run: text,
});

/** What a plan has said of the cluster, whether or not it was carried out. */
const planSchema = z.strictObject({
  kind: z.literal('plan'),
  at,
  run: text,
  schedule: text,
  microsPerHour: z.strictObject({ before: count, after: count, bound: count }),
  /** Of a node's memory so much may be in use, as measured; null: its policy does not look at that. */
  memoryFraction: z.number().nullable(),
  /** What stays although something could be saved, the dearest first: pods by which a node stays, and nodes themselves. */
  blockers: z.array(
    z.strictObject({
      namespace: text.nullable(),
      /** null: it is the node itself. */
      pod: text.nullable(),
      /** By its name. */
      node: text,
      controller: text.nullable(),
      reasons: z.array(text),
      microsPerHour: count,
    }),
  ),
});

export const bodySchema = z.discriminatedUnion('kind', [
  openedSchema,
  nodeSchema,
  podSchema,
  gapSchema,
  runSchema,
  moveSchema,
  noticeSchema,
  planSchema,
]);

/** What is written down. */
export type Body = DeepReadonly<z.infer<typeof bodySchema>>;
export type BodyOf<Kind extends Body['kind']> = Extract<Body, { kind: Kind }>;

/** What is written down, as a link of the chain. */
export interface Entry {
  /** From 1, without a gap. */
  readonly number: number;
  /** Of this entry and, by that of the one before, of all before it. */
  readonly hash: string;
  readonly body: Body;
}
