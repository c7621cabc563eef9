import { NOTICE_KINDS } from '@restow/executor';
import { z } from 'zod';

/** What controller and agents say to each other, as JSON over HTTP/2. A change that an older peer cannot read is a new version. */
export const WIRE_VERSION = 2;
export const DEFAULT_AGENT_PORT = 10670;

/** A message without what every message has. */
type Body<Message> = Message extends unknown ? Omit<Message, 'version'> : never;

const version = z.literal(WIRE_VERSION);
const count = z.int().nonnegative();
/** Names of Kubernetes objects and of moves: they become parts of paths. */
const plainName = z.string().regex(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/);

const podSchema = z.strictObject({ namespace: plainName, name: plainName, uid: plainName });
/** A pod as both nodes know it. */
export type WirePod = z.infer<typeof podSchema>;

/** Whose certificate an agent has, and where it listens. */
const peerSchema = z.strictObject({ node: plainName, url: z.url() });
export type AgentPeer = z.infer<typeof peerSchema>;

const addressSchema = z.strictObject({
  ip: z.ipv4(),
  prefixLength: z.int().min(1).max(32),
  mac: z.string(),
  /** The node whose range it is of, and that must be told when no pod has it any more. */
  origin: peerSchema,
});
/** What a pod is reached by; it goes with the pod. */
export type PodAddress = z.infer<typeof addressSchema>;

const reasonsSchema = z.array(z.string());
/** What was asked is not possible, and nothing has changed by it. */
export const refusalSchema = z.strictObject({ version, ok: z.literal(false), reasons: reasonsSchema });
export type Refusal = Body<z.infer<typeof refusalSchema>>;

const orRefused = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.discriminatedUnion('ok', [z.strictObject({ version, ok: z.literal(true), ...shape }), refusalSchema]);

export const nodeReportSchema = z.strictObject({
  version,
  node: z.string(),
  architecture: z.string(),
  kernel: z.string(),
  criu: z.string().nullable(),
  runc: z.string().nullable(),
  cpuFlags: z.array(z.string()),
  /** Why nothing can be moved live from here or to here; empty: something can. */
  blockers: reasonsSchema,
  availableBytes: count,
  movesAtOnce: count,
  moves: z.array(z.string()),
});
/** What a node can do, and with what. */
export type NodeReport = Body<z.infer<typeof nodeReportSchema>>;

export const preflightRequest = z.strictObject({ pod: podSchema });
export const preflightAnswer = orRefused({
  containers: z.array(plainName),
  /** Memory that a checkpoint of it would hold, and its own files. */
  memoryBytes: count,
  fileBytes: count,
  address: addressSchema,
});
export type Preflight = Extract<Body<z.infer<typeof preflightAnswer>>, { ok: true }>;

/** To the target: a ticket, and room for the archive. */
export const prepareRequest = z.strictObject({
  pod: podSchema,
  source: plainName,
  containers: z.array(plainName).min(1),
  address: addressSchema,
  sizeBytes: count,
  expiresAt: count,
  waitMs: count,
  restoreMs: count,
});
export type PrepareRequest = z.infer<typeof prepareRequest>;

/** To the source: nothing leaves the pod any more, and none of its processes runs. */
export const freezeRequest = z.strictObject({
  pod: podSchema,
  target: peerSchema,
});
export type FreezeRequest = z.infer<typeof freezeRequest>;

/** To the source, before that: memory is sent while the pod runs. `sizeBytes`: of the archive that comes after it. */
export const copyAheadRequest = freezeRequest.extend({ sizeBytes: count });
export type CopyAheadRequest = z.infer<typeof copyAheadRequest>;

/** To the source, when its pod was deleted and cannot come to life at the target: it may here. */
export const handBackRequest = z.strictObject({ expiresAt: count, waitMs: count, restoreMs: count });

export const doneAnswer = orRefused({ phasesMs: z.record(z.string(), z.number()) });
export type Done = Body<z.infer<typeof doneAnswer>>;

/** `bytes`: how many were sent. */
export const sendAnswer = orRefused({ bytes: count, phasesMs: z.record(z.string(), z.number()) });
export type Sent = Body<z.infer<typeof sendAnswer>>;

/**
 * At the source: `frozen` (fenced and still), `kept` (checkpointed), `thawed`, `gone` (it is somewhere else for good),
 * `handed-back` (the archive has a ticket here again). At the target: `open` (the ticket can still be used), `taken` (at
 * least one container is being restored, or was), `restored` (all were), `failed`, `cancelled` (the ticket can never be
 * used), `committed`. `unknown` at either: no such move here.
 */
export const moveStateSchema = z.enum([
  'unknown',
  'frozen',
  'kept',
  'thawed',
  'gone',
  'handed-back',
  'open',
  'taken',
  'restored',
  'failed',
  'cancelled',
  'committed',
]);
export type MoveState = z.infer<typeof moveStateSchema>;

export const moveReportSchema = z.strictObject({
  version,
  state: moveStateSchema,
  /** Why it failed. */
  reason: z.string().nullable(),
  phasesMs: z.record(z.string(), z.number()),
});
export type MoveReport = Body<z.infer<typeof moveReportSchema>>;

/** What anybody says who may not ask, or asks what cannot be read. */
export const errorAnswer = z.strictObject({ version, error: z.string() });

/** What an agent's node has been told about its end by its cloud. */
export const agentNoticesSchema = z.object({
  /** Grows with every change. */
  version: z.int().nonnegative(),
  notices: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(NOTICE_KINDS),
      /** Milliseconds since the epoch; null: not known. */
      deadline: z.number().nullable(),
    }),
  ),
});
export type AgentNotices = z.infer<typeof agentNoticesSchema>;
