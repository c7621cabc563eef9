import { type AgentConnection, type AgentPeer, doneAnswer, type Sent } from '@restow/migration';
import { type OutgoingContainer, sendArchive } from '../archive/send-archive.ts';
import { type AgentLimits, pacer } from '../limits.ts';
import type { NodeState } from '../state/tickets.ts';
import type { AheadCopies } from './ahead-copies.ts';
import { refusal } from './answers.ts';
import { Phases } from './phases.ts';
import type { MoveRecords, SourceRecord } from './records.ts';

export interface SendingOptions {
  readonly state: NodeState;
  readonly records: MoveRecords;
  readonly limits: AgentLimits;
  readonly ahead: AheadCopies;
  readonly connect: (peer: AgentPeer) => Promise<AgentConnection>;
  readonly now: () => number;
  readonly onEnd: (move: string) => void;
}

/** Archives on their way to the agents of other nodes. */
export class Sending {
  readonly #options: SendingOptions;
  /** Open while pods freeze, so that nobody waits for handshakes. */
  readonly #connections = new Map<string, Promise<AgentConnection>>();
  readonly #underWay = new Map<string, { readonly ended: Promise<Sent>; readonly stop: AbortController }>();

  constructor(options: SendingOptions) {
    this.#options = options;
  }

  /** Something will be sent there soon. */
  connect(move: string, target: AgentPeer): void {
    const connecting = this.#options.connect(target);
    this.#connections.set(move, connecting);
    // Told to whoever sends.
    connecting.catch(() => {});
  }

  isSending(move: string): boolean {
    return this.#underWay.has(move);
  }

  /** Once: whoever asks again waits for the same. */
  send(record: SourceRecord): Promise<Sent> {
    const { move } = record;
    const underWay = this.#underWay.get(move);
    if (underWay !== undefined) return underWay.ended;
    const stop = new AbortController();
    const ended = this.#send(record, stop.signal).finally(() => {
      this.#underWay.delete(move);
      this.#options.onEnd(move);
    });
    this.#underWay.set(move, { ended, stop });
    return ended;
  }

  /** What is being sent is of use to nobody any more. */
  async stop(move: string): Promise<void> {
    const early = this.#connections.get(move);
    this.#connections.delete(move);
    early?.then((connection) => connection.close()).catch(() => {});
    const underWay = this.#underWay.get(move);
    underWay?.stop.abort(new Error('the move was called off'));
    await underWay?.ended.catch(() => {});
  }

  async #send({ move, target, containers }: SourceRecord, stop: AbortSignal): Promise<Sent> {
    const { records, limits, ahead, now } = this.#options;
    const phases = new Phases(now);
    const connection = await this.#connected(move, target);
    let bytes = 0;
    const outgoing: OutgoingContainer[] = [];
    for (const { name } of containers) outgoing.push(await ahead.outgoing(move, name));
    phases.end('compare');
    const pace = pacer(limits.bytesPerSecond);
    try {
      const bounded = AbortSignal.any([stop, AbortSignal.timeout(limits.transferMs)]);
      const send = (write: (bytes: Buffer) => Promise<void>) => {
        const counted = (chunk: Buffer) => {
          bytes += chunk.length;
          return write(chunk);
        };
        return sendArchive(outgoing, () => this.#untilKilled(move, stop), { write: counted, pace });
      };
      const answer = await connection.upload(`/v1/moves/${move}/archive`, send, doneAnswer, bounded);
      phases.end('transfer');
      if (!answer.ok) return refusal(...answer.reasons);
      records.write({ ...records.source(move)!, sentBytes: bytes });
      return { ok: true, phasesMs: phases.ms, bytes };
    } finally {
      connection.close();
    }
  }

  async #untilKilled(move: string, stop: AbortSignal): Promise<void> {
    while (this.#options.records.source(move)?.killed === false) {
      stop.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, KILL_POLL_MS));
    }
  }

  /** The connection that was opened when the pod was frozen, if it still holds; whoever takes it closes it. */
  async #connected(move: string, target: AgentPeer): Promise<AgentConnection> {
    const early = await this.#connections.get(move)?.catch(() => null);
    this.#connections.delete(move);
    return early == null || early.isClosed ? this.#options.connect(target) : early;
  }
}

const KILL_POLL_MS = 5;
