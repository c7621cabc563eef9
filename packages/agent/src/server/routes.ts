import type { Readable } from 'node:stream';
import {
  copyAheadRequest,
  type FreezeRequest,
  freezeRequest,
  handBackRequest,
  type PrepareRequest,
  preflightRequest,
  prepareRequest,
  type Role,
  WIRE_VERSION,
} from '@restow/migration';
import { z } from 'zod';
import type { AgentServices } from '../services.ts';

/** Who asks, as their certificate says. */
export interface Caller {
  readonly role: Role;
  readonly name: string;
}

export interface AgentRequest {
  readonly method: string;
  readonly path: string;
  readonly caller: Caller;
  readonly json: () => Promise<unknown>;
  readonly bytes: Readable;
}

/** What is answered instead of 200. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const MOVE = /^\/v1\/moves\/([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?:\/([a-z-]+))?$/;
const NOTICES = /^\/v1\/notices\/(\d{1,15})$/;
const ADDRESS = /^\/v1\/addresses\/([\d.]+)\/return$/;

/** Answers one request. Throws Refused for whoever may not ask and for what there is not. */
export async function answer(services: AgentServices, request: AgentRequest): Promise<object> {
  const { method, path, caller } = request;
  const [, ip] = ADDRESS.exec(path) ?? [];
  if (ip !== undefined && method === 'POST') {
    demand(caller, 'agent');
    await services.addresses.release(ip);
    return { ok: true, phasesMs: {} };
  }
  const [, move, act] = MOVE.exec(path) ?? [];
  if (move !== undefined) return answerMove(services, request, move, act ?? '');
  demand(caller, 'controller');
  if (path === '/v1/node' && method === 'GET') return services.report();
  const [, after] = NOTICES.exec(path) ?? [];
  if (after !== undefined && method === 'GET') return services.notices(Number(after));
  if (path === '/v1/preflight' && method === 'POST') {
    return services.preflight((await read(request, preflightRequest)).pod);
  }
  throw new Refused(404, `there is no ${method} ${path}`);
}

async function answerMove(
  { sources, targets }: AgentServices,
  request: AgentRequest,
  move: string,
  act: string,
): Promise<object> {
  const { method, caller } = request;
  if (method === 'PUT' && (act === 'archive' || act === 'ahead')) {
    demand(caller, 'agent');
    return act === 'archive'
      ? targets.receive(move, caller.name, request.bytes)
      : targets.receiveAhead(move, caller.name, request.bytes);
  }
  // An agent that nobody has spoken to for long takes its own pod back.
  if (!(caller.role === 'agent' && act === 'cancel' && targets.isFrom(move, caller.name))) demand(caller, 'controller');
  if (method === 'GET' && act === '') {
    sources.hear(move);
    const report = (await targets.report(move)) ?? (await sources.report(move));
    return report ?? { state: 'unknown', reason: null, phasesMs: {} };
  }
  if (method !== 'POST') throw new Refused(404, `there is no ${method} of ${act}`);
  sources.hear(move);
  switch (act) {
    case 'prepare':
      return targets.prepare(move, (await read(request, prepareRequest)) as PrepareRequest);
    case 'copy-ahead':
      return sources.copyAhead(move, await read(request, copyAheadRequest));
    case 'freeze':
      return sources.freeze(move, (await read(request, freezeRequest)) as FreezeRequest);
    case 'checkpoint':
      return sources.checkpoint(move);
    case 'send':
      return sources.send(move);
    case 'kill':
      return sources.kill(move);
    case 'thaw':
      return sources.thaw(move);
    case 'release':
      return sources.release(move);
    case 'hand-back':
      return sources.handBack(move, await read(request, handBackRequest));
    case 'cancel':
      return targets.cancel(move);
    case 'commit':
      return targets.commit(move);
    case 'let-start':
      await sources.letStart(move);
      return targets.letStart(move);
    default:
      throw new Refused(404, `there is no ${act} of a move`);
  }
}

function demand(caller: Caller, role: Role): void {
  if (caller.role !== role) throw new Refused(403, `that is not for ${caller.role} ${caller.name}`);
}

async function read<Shape>(request: AgentRequest, schema: z.ZodType<Shape>): Promise<Shape> {
  const envelope = z.looseObject({ version: z.literal(WIRE_VERSION) }).safeParse(await request.json());
  if (!envelope.success) throw new Refused(400, `this agent speaks version ${WIRE_VERSION}`);
  const { version: _version, ...body } = envelope.data;
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Refused(400, z.prettifyError(parsed.error));
  return parsed.data;
}
