import type { AgentConnection } from './agent-connection.ts';
import {
  type AgentNotices,
  type AgentPeer,
  agentNoticesSchema,
  type CopyAheadRequest,
  type Done,
  doneAnswer,
  type FreezeRequest,
  type MoveReport,
  moveReportSchema,
  type NodeReport,
  nodeReportSchema,
  type Preflight,
  type PrepareRequest,
  preflightAnswer,
  type Refusal,
  type Sent,
  sendAnswer,
  type WirePod,
} from './messages.ts';

const QUICK_MS = 15_000;
const PREFLIGHT_MS = 60_000;
const CHECKPOINT_MS = 180_000;
const SEND_MS = 900_000;

/** What an agent can be asked. */
export class Agent {
  readonly peer: AgentPeer;
  readonly #connection: AgentConnection;

  constructor(peer: AgentPeer, connection: AgentConnection) {
    this.peer = peer;
    this.#connection = connection;
  }

  close(): void {
    this.#connection.close();
  }

  report(signal: AbortSignal): Promise<NodeReport> {
    return this.#connection.call(
      { method: 'GET', path: '/v1/node', answer: nodeReportSchema, limitMs: QUICK_MS },
      signal,
    );
  }

  /** Answers when something has come since `after`, the version of an earlier answer, or after a while. */
  notices(after: number, signal: AbortSignal): Promise<AgentNotices> {
    const call = { method: 'GET', path: `/v1/notices/${after}`, answer: agentNoticesSchema } as const;
    return this.#connection.call({ ...call, limitMs: PREFLIGHT_MS }, signal);
  }

  preflight(pod: WirePod, signal: AbortSignal): Promise<Preflight | Refusal> {
    const call = { method: 'POST', path: '/v1/preflight', body: { pod } } as const;
    return this.#connection.call({ ...call, answer: preflightAnswer, limitMs: PREFLIGHT_MS }, signal);
  }

  move(move: string, signal: AbortSignal): Promise<MoveReport> {
    const path = `/v1/moves/${move}`;
    return this.#connection.call({ method: 'GET', path, answer: moveReportSchema, limitMs: QUICK_MS }, signal);
  }

  prepare(move: string, request: PrepareRequest, signal: AbortSignal): Promise<Done> {
    return this.#act(move, 'prepare', request, QUICK_MS, signal);
  }

  /** The source sends memory while the pod runs; refused, it is sent later. */
  copyAhead(move: string, request: CopyAheadRequest, signal: AbortSignal): Promise<Sent> {
    return this.#send(move, 'copy-ahead', request, signal);
  }

  freeze(move: string, request: FreezeRequest, signal: AbortSignal): Promise<Done> {
    return this.#act(move, 'freeze', request, QUICK_MS, signal);
  }

  checkpoint(move: string, signal: AbortSignal): Promise<Done> {
    return this.#act(move, 'checkpoint', {}, CHECKPOINT_MS, signal);
  }

  send(move: string, signal: AbortSignal): Promise<Sent> {
    return this.#send(move, 'send', {}, signal);
  }

  /** The source's pod was deleted, and what is left of it dies: only then can it come to life elsewhere. */
  kill(move: string, signal: AbortSignal): Promise<Done> {
    return this.#act(move, 'kill', {}, QUICK_MS, signal);
  }

  /** The source's pod goes on there. */
  thaw(move: string, signal: AbortSignal): Promise<Done> {
    return this.#act(move, 'thaw', {}, QUICK_MS, signal);
  }

  /** The source's pod is gone for good. */
  release(move: string, signal: AbortSignal): Promise<Done> {
    return this.#act(move, 'release', {}, QUICK_MS, signal);
  }

  /** The source's archive may be used there. */
  handBack(
    move: string,
    request: { readonly expiresAt: number; readonly waitMs: number; readonly restoreMs: number },
    signal: AbortSignal,
  ): Promise<Done> {
    return this.#act(move, 'hand-back', request, QUICK_MS, signal);
  }

  /** The target's ticket is void. */
  cancel(move: string, signal: AbortSignal): Promise<Done> {
    return this.#act(move, 'cancel', {}, QUICK_MS, signal);
  }

  /** The target's pod is all there. */
  commit(move: string, signal: AbortSignal): Promise<Done> {
    return this.#act(move, 'commit', {}, QUICK_MS, signal);
  }

  /** What comes of the pod at the target may start cold. */
  letStart(move: string, signal: AbortSignal): Promise<Done> {
    return this.#act(move, 'let-start', {}, QUICK_MS, signal);
  }

  #send(move: string, act: string, body: object, signal: AbortSignal): Promise<Sent> {
    const call = { method: 'POST', path: `/v1/moves/${move}/${act}`, body } as const;
    return this.#connection.call({ ...call, answer: sendAnswer, limitMs: SEND_MS }, signal);
  }

  #act(move: string, act: string, body: object, limitMs: number, signal: AbortSignal): Promise<Done> {
    const path = `/v1/moves/${move}/${act}`;
    return this.#connection.call({ method: 'POST', path, body, answer: doneAnswer, limitMs }, signal);
  }
}
