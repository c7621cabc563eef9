import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Done, MoveReport, PrepareRequest, Sent } from '@restow/migration';
import { ArchiveWriter } from '../archive/archive-writer.ts';
import { discardArchive } from '../archive/send-archive.ts';
import { Reserve } from '../host/reserve.ts';
import type { AgentLimits } from '../limits.ts';
import { SLACK_BYTES, whyNoRoom } from '../preflight/room.ts';
import type { NodeState } from '../state/tickets.ts';
import { DONE, refusal } from './answers.ts';
import { Phases } from './phases.ts';
import type { MoveRecords, TargetRecord } from './records.ts';
import { stateOfTicket } from './ticket-state.ts';

export interface TargetMovesOptions {
  readonly state: NodeState;
  readonly records: MoveRecords;
  readonly limits: AgentLimits;
  readonly now: () => number;
  /** Milliseconds since the epoch. */
  readonly wallNow: () => number;
}

/** The archive, and what is restored from it. */
const COPIES = 2;

/** Pods that come to this node. */
export class TargetMoves {
  readonly #options: TargetMovesOptions;
  readonly #reserve = new Reserve();

  constructor(options: TargetMovesOptions) {
    this.#options = options;
  }

  /** Makes room, and gives the pod's ticket. */
  async prepare(move: string, request: PrepareRequest): Promise<Done> {
    const { records, state } = this.#options;
    const { pod, source, containers, address, sizeBytes, expiresAt, waitMs, restoreMs } = request;
    const known = records.target(move);
    if (known !== null) return known.state === 'open' ? DONE : refusal(`the move is ${known.state}`);
    const refused = await this.#whyNoRoom(request, openMoves(records));
    if (refused !== null) return refusal(refused);
    records.write({ role: 'target', move, pod, source, containers, address, sizeBytes, expiresAt, state: 'open' });
    await state.forget(move);
    await state.grant({ move, pod, containers, address, expiresAt, waitMs, restoreMs });
    return DONE;
  }

  async #whyNoRoom({ pod, sizeBytes }: PrepareRequest, open: readonly TargetRecord[]): Promise<string | null> {
    const { limits } = this.#options;
    if (open.length >= limits.movesAtOnce) return `${open.length} pods are on their way here, and no more are let`;
    if (open.some((one) => one.pod.namespace === pod.namespace && one.pod.name === pod.name)) {
      return 'a pod of this name is on its way here by another move';
    }
    const allBytes = open.reduce((sum, one) => sum + one.sizeBytes, sizeBytes);
    return whyNoRoom({ bytes: sizeBytes, allBytes, copies: COPIES }, limits);
  }

  /** Takes memory from the source's agent that the archive will be made of. */
  async receiveAhead(move: string, from: string, bytes: Readable): Promise<Sent> {
    const { records, state, limits } = this.#options;
    const record = this.#waiting(move, from);
    if (typeof record === 'string') return refusal(record);
    const allBytes = openMoves(records).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    const { sizeBytes } = record;
    // It is gone before anything is restored, so that it is no further copy.
    const noRoom = await whyNoRoom({ bytes: sizeBytes, allBytes: allBytes + sizeBytes, copies: 1 }, limits);
    if (noRoom !== null) return refusal(noRoom);
    await state.forgetAhead(move);
    const writer = new ArchiveWriter({ folder: state.ahead(move), mostBytes: sizeBytes + SLACK_BYTES, ahead: null });
    const why = await this.#write(move, bytes, writer, () => state.forgetAhead(move));
    if (why !== null) return refusal(why);
    // For the processes themselves, if there is room for that too.
    const more = { bytes: sizeBytes, allBytes: allBytes + 2 * sizeBytes, copies: 1 };
    if ((await whyNoRoom(more, limits)) === null) await this.#reserve.take(state.ahead(move), writer.bytes);
    return { ok: true, phasesMs: {}, bytes: writer.bytes };
  }

  /** Takes the archive from the source's agent. */
  async receive(move: string, from: string, bytes: Readable): Promise<Done> {
    const { state } = this.#options;
    const record = this.#waiting(move, from);
    if (typeof record === 'string') return refusal(record);
    const phases = new Phases(this.#options.now);
    const folder = state.archive(move);
    const discard = () => discardArchive(folder, record.containers);
    await discard();
    const mostBytes = record.sizeBytes + SLACK_BYTES;
    const why = await this.#write(
      move,
      bytes,
      new ArchiveWriter({ folder, mostBytes, ahead: state.ahead(move) }),
      discard,
    );
    if (why !== null) return refusal(why);
    await state.forgetAhead(move);
    await state.markReady(move);
    phases.end('receive');
    return { ok: true, phasesMs: phases.ms };
  }

  /** The move, or why nothing of it is waited for. */
  #waiting(move: string, from: string): TargetRecord | string {
    const record = this.#options.records.target(move);
    if (record === null || record.state !== 'open') return `no archive of move ${move} is waited for`;
    return record.source === from ? record : `move ${move} comes from ${record.source}, not from ${from}`;
  }

  /** Why nothing of it is there; null: all is. */
  async #write(move: string, bytes: Readable, writer: ArchiveWriter, discard: () => Promise<void>) {
    try {
      await pipeline(bytes, writer);
    } catch (error) {
      await discard();
      return (error as Error).message;
    }
    if (this.#options.records.target(move)?.state === 'open') return null;
    await discard();
    return 'it was cancelled meanwhile';
  }

  /** Takes the ticket back. Refused when a container has used it; what then becomes of that, `report` says. */
  async cancel(move: string): Promise<Done> {
    const { records, state } = this.#options;
    const record = records.target(move);
    if (record === null || record.state === 'cancelled') return DONE;
    if (record.state === 'committed') return refusal('it is committed');
    // From here on no container that comes is restored, and none starts cold.
    await state.markFailed(move, 'the move was cancelled');
    const { namespace, name } = record.pod;
    const taken = await state.takeBack(namespace, name, move, record.containers);
    if (taken.length > 0 && (await state.refusedBy(move)) === null)
      return refusal(`already taken: ${taken.join(', ')}`);
    records.write({ ...record, state: 'cancelled' });
    await discardArchive(state.archive(move), record.containers);
    await state.forgetAhead(move);
    return DONE;
  }

  /** Every container is back: nobody may restore from this archive again, nor read it. */
  async commit(move: string): Promise<Done> {
    const { records, state } = this.#options;
    const record = records.target(move);
    if (record === null) return refusal(`there is no move ${move}`);
    if (record.state === 'committed') return DONE;
    const report = (await this.report(move))!;
    if (report.state !== 'restored') return refusal(`it is ${report.state}`);
    records.write({ ...record, state: 'committed' });
    await state.revoke(record.pod.namespace, record.pod.name);
    await state.forget(move);
    return DONE;
  }

  /** Nothing of a move that was cancelled is left: its pod may start here, cold. */
  async letStart(move: string): Promise<Done> {
    const { records, state } = this.#options;
    const record = records.target(move);
    if (record !== null && record.state !== 'cancelled') return refusal(`it is ${record.state}`);
    if (record === null) return DONE;
    await state.letStart(record.pod.namespace, record.pod.name, move);
    return DONE;
  }

  isFrom(move: string, node: string): boolean {
    return this.#options.records.target(move)?.source === node;
  }

  /** What nobody else does: commits what is restored, and calls off what has expired, when no controller has. */
  async tidy(): Promise<void> {
    const { records, wallNow } = this.#options;
    for (const record of records.all()) {
      if (record.role !== 'target' || wallNow() < record.expiresAt) continue;
      if (record.state === 'open') {
        const committed = await this.commit(record.move);
        if (!committed.ok) await this.cancel(record.move);
      } else if (record.state === 'committed' && wallNow() > record.expiresAt + FORGET_MS) {
        records.forget(record.move);
      }
    }
  }

  async report(move: string): Promise<MoveReport | null> {
    const { records, state } = this.#options;
    const record = records.target(move);
    if (record === null) return null;
    if (record.state !== 'open') return { state: record.state, reason: null, phasesMs: {} };
    return stateOfTicket(state, move, record.containers);
  }
}

function openMoves(records: MoveRecords): readonly TargetRecord[] {
  return records.all().filter((record): record is TargetRecord => record.role === 'target' && record.state === 'open');
}

/** A controller that was killed and goes on asks what became of its move. */
const FORGET_MS = 10 * 60_000;
