import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  Agent,
  type AgentConnection,
  type AgentPeer,
  type CopyAheadRequest,
  type Done,
  type FreezeRequest,
  type handBackRequest,
  type MoveReport,
  type Sent,
} from '@restow/migration';
import type { Logger } from 'pino';
import type { z } from 'zod';
import { MANIFEST } from '../archive/files.ts';
import { writeManifest } from '../archive/manifest.ts';
import { emptyDirsOf, saveVolumes } from '../archive/volumes.ts';
import { saveWritableLayer, upperFolderOf } from '../archive/writable-layer.ts';
import type { Addresses } from '../host/addresses.ts';
import { containersOf, type NodeContainer } from '../host/bundles.ts';
import { podNetworkOf, setLink } from '../host/pod-network.ts';
import type { Runc } from '../host/runc.ts';
import type { AgentLimits } from '../limits.ts';
import type { NodeState } from '../state/tickets.ts';
import type { AheadCopies } from './ahead-copies.ts';
import { DONE, refusal } from './answers.ts';
import { Phases } from './phases.ts';
import type { MoveRecords, SourceRecord } from './records.ts';
import { Sending } from './sending.ts';
import { stateOfTicket } from './ticket-state.ts';

export interface SourceMovesOptions {
  readonly state: NodeState;
  readonly records: MoveRecords;
  readonly runc: Runc;
  /** The runtime shim, which also reads what only it can. */
  readonly shim: string;
  readonly limits: AgentLimits;
  readonly addresses: Addresses;
  readonly ahead: AheadCopies;
  readonly connect: (peer: AgentPeer) => Promise<AgentConnection>;
  readonly now: () => number;
  readonly log: Logger;
}

/**
 * Pods that leave this node. From `freeze` on none of their processes runs; they run again by `thaw`, which is for whoever
 * knows that the pod can come to life nowhere else.
 */
export class SourceMoves {
  readonly #options: SourceMovesOptions;
  readonly #heard = new Map<string, number>();
  readonly #sending: Sending;

  constructor(options: SourceMovesOptions) {
    this.#options = options;
    this.#sending = new Sending({ ...options, onEnd: (move) => this.hear(move) });
  }

  /** Somebody still cares for the move. */
  hear(move: string): void {
    this.#heard.set(move, this.#options.now());
  }

  /** Sends the pod's memory while it runs. Refused, more is to be sent when it does not. */
  async copyAhead(move: string, request: CopyAheadRequest): Promise<Sent> {
    if (this.#options.records.source(move) !== null) return refusal('the pod does not run any more');
    const sent = await this.#options.ahead.send(move, request);
    this.hear(move);
    return sent;
  }

  async freeze(move: string, { pod, target }: FreezeRequest): Promise<Done> {
    const { records, limits } = this.#options;
    const known = records.source(move);
    if (known !== null)
      return known.state === 'frozen' || known.state === 'kept' ? DONE : refusal(`the pod is ${known.state}`);
    const busy = records
      .all()
      .filter((record) => record.role === 'source' && ['frozen', 'kept'].includes(record.state));
    if (busy.some((record) => record.pod.uid === pod.uid)) return refusal('the pod is on its way by another move');
    if (busy.length >= limits.movesAtOnce)
      return refusal(`${busy.length} pods are on their way from here, and no more are let`);
    const found = await containersOf(pod.uid);
    const pidOf = async (id: string) => (await this.#options.runc.state(id))?.pid ?? 0;
    const containers = await Promise.all(found.map(async ({ name, id }) => ({ name, id, pid: await pidOf(id) })));
    const [first] = containers;
    if (first === undefined || containers.some(({ pid }) => pid === 0)) {
      return refusal('the pod has no container here, or one that does not run');
    }
    const network = await podNetworkOf(first.pid);
    if (typeof network === 'string') return refusal(network);
    const record: SourceRecord = {
      role: 'source',
      move,
      pod,
      target,
      containers,
      sandboxId: found[0]!.sandboxId,
      hostInterface: network.hostInterface,
      killed: false,
      sentBytes: null,
      address: { ...network.address, origin: await this.#options.addresses.originOf(network.address.ip) },
      state: 'frozen',
    };
    records.write(record);
    const phases = new Phases(this.#options.now);
    this.#sending.connect(move, target);
    try {
      await this.#options.state.fence(pod.uid, move);
      phases.end('fence');
      // In any order: what still comes in is in the pod's sockets, and is dumped with them.
      const acts = await Promise.allSettled([
        setLink(record.hostInterface, 'down'),
        ...containers.map(({ id }) => this.#options.runc.pause(id)),
      ]);
      // Only when all have ended: what is paused after the thaw would stay so.
      for (const act of acts) if (act.status === 'rejected') throw act.reason;
      phases.end('freeze');
      return { ok: true, phasesMs: phases.ms };
    } catch (error) {
      await this.thaw(move);
      return refusal((error as Error).message);
    }
  }

  /** Saves memory and files of the frozen pod; refused, it is frozen as before. */
  async checkpoint(move: string): Promise<Done> {
    const { records, state } = this.#options;
    const record = records.source(move);
    if (record?.state === 'kept') return DONE;
    if (record?.state !== 'frozen') return refusal(`there is no frozen pod of move ${move}`);
    const phases = new Phases(this.#options.now);
    try {
      await state.clearArchive(move);
      await this.#options.ahead.makeRoom(move);
      const containers = await containersOf(record.pod.uid);
      const emptyDirs = emptyDirsOf(containers);
      // Of all or of none: what one container has seen of another is in both.
      const save = (container: NodeContainer) => this.#save(record, container, emptyDirs.get(container.name)!);
      await Promise.all(containers.map(save));
      phases.end('checkpoint');
      await state.markLeaving(record.sandboxId, record.address.ip);
      records.write({ ...record, state: 'kept' });
      return { ok: true, phasesMs: phases.ms };
    } catch (error) {
      await state.clearArchive(move);
      return refusal((error as Error).message);
    }
  }

  async #save(
    { move, containers }: SourceRecord,
    container: NodeContainer,
    emptyDirs: Parameters<typeof saveVolumes>[0],
  ): Promise<void> {
    const { runc, shim, state, limits } = this.#options;
    const folder = join(state.archive(move), container.name);
    await mkdir(join(folder, 'checkpoint'), { recursive: true, mode: 0o700 });
    const work = join(state.archive(move), `${container.name}.work`);
    await mkdir(work, { mode: 0o700 });
    const known = containers.find(({ id }) => id === container.id);
    const upper = known === undefined ? null : await upperFolderOf(known.pid);
    if (upper === null) throw new Error(`the root of container ${container.name} is no overlay`);
    try {
      await Promise.all([
        runc.checkpoint(container.id, join(folder, 'checkpoint'), work, limits.checkpointMs),
        saveWritableLayer(shim, upper, folder),
        saveVolumes(emptyDirs, folder),
      ]);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }

  /** Streams the archive to the target's agent, once: whoever asks again waits for the same. */
  async send(move: string): Promise<Sent> {
    const record = this.#options.records.source(move);
    if (record?.state !== 'kept') return refusal(`there is no archive of move ${move}`);
    if (record.sentBytes !== null) return { ok: true, phasesMs: {}, bytes: record.sentBytes };
    return this.#sending.send(record);
  }

  /**
   * The pod was deleted: what is left of it here dies, and with it its locks and connections. Only then can what was sent
   * be restored, so that there is one writer whatever else goes wrong.
   */
  async kill(move: string): Promise<Done> {
    const { records, runc } = this.#options;
    const record = records.source(move);
    if (record === null || record.killed) return DONE;
    if (record.state !== 'kept') return refusal(`there is no archive of move ${move}`);
    const phases = new Phases(this.#options.now);
    await Promise.all(record.containers.map(({ id, pid }) => runc.kill(id, pid)));
    records.write({ ...records.source(move)!, killed: true });
    phases.end('kill');
    return { ok: true, phasesMs: phases.ms };
  }

  /** The pod goes on here. Only for whoever knows that its ticket can never be used. */
  async thaw(move: string): Promise<Done> {
    const { records, state, runc, ahead } = this.#options;
    const record = records.source(move);
    if (record === null) {
      // It was never frozen; what was sent ahead is of use to nobody.
      await ahead.forget(move);
      return DONE;
    }
    if (record.state === 'gone' || record.state === 'handed-back') return refusal(`the pod is ${record.state}`);
    if (record.killed) return refusal('its processes here are dead');
    const phases = new Phases(this.#options.now);
    await this.#sending.stop(move);
    for (const { id } of record.containers) await runc.thaw(id);
    await setLink(record.hostInterface, 'up').catch(() => {});
    await state.unmarkLeaving(record.sandboxId);
    await state.unfence(record.pod.uid);
    await this.#forget(move);
    records.write({ ...record, state: 'thawed' });
    phases.end('thaw');
    return { ok: true, phasesMs: phases.ms };
  }

  /** The pod runs elsewhere: its memory here is of no use to anybody any more. */
  async release(move: string): Promise<Done> {
    const { records } = this.#options;
    const record = records.source(move);
    if (record === null || record.state === 'gone') return DONE;
    if (record.state !== 'kept') return refusal(`the pod is ${record.state}`);
    records.write({ ...record, state: 'gone' });
    await this.#forget(move);
    return DONE;
  }

  async #forget(move: string): Promise<void> {
    await this.#options.ahead.forget(move);
    await this.#options.state.forget(move);
  }

  /** The archive's right to be restored comes back here: what is made again of the pod on this node comes to life. */
  async handBack(move: string, times: z.infer<typeof handBackRequest>): Promise<Done> {
    const { records, state } = this.#options;
    const record = records.source(move);
    if (record?.state === 'handed-back') return DONE;
    if (record?.state !== 'kept') return refusal(`there is no archive of move ${move}`);
    await this.kill(move);
    await this.#sending.stop(move);
    const containers = record.containers.map(({ name }) => name);
    for (const name of containers) {
      const folder = join(state.archive(move), name);
      const changed = await this.#options.ahead.changedFile(move, name);
      if (changed !== null) return refusal(`${changed} of container ${name} is not what it was`);
      // What has been sent was hashed as it was read: that it still is so is checked again.
      if (!existsSync(join(folder, MANIFEST))) await writeManifest(folder);
    }
    await this.#options.ahead.forget(move);
    await state.markReady(move);
    await state.grant({ move, pod: record.pod, containers, address: record.address, ...times });
    // Not before: what is handed back is looked for among the tickets.
    records.write({ ...records.source(move)!, state: 'handed-back' });
    return DONE;
  }

  /** What was handed back is over: whatever comes of the pod here from now on starts cold. */
  async letStart(move: string): Promise<Done> {
    const { records, state } = this.#options;
    const record = records.source(move);
    if (record?.state !== 'handed-back') return DONE;
    await state.letStart(record.pod.namespace, record.pod.name, move);
    records.write({ ...record, state: 'gone' });
    return DONE;
  }

  async report(move: string): Promise<MoveReport | null> {
    const { records, state } = this.#options;
    const record = records.source(move);
    if (record === null) return null;
    const containers = record.containers.map(({ name }) => name);
    // Handed back, it is a ticket here, of which the shim says what became of it; used up, it is the end of the move.
    if (record.state === 'handed-back') return stateOfTicket(state, move, containers);
    return { state: record.state, reason: null, phasesMs: {} };
  }

  /** What nobody else does: lets go of pods that are gone, and of moves that nobody cares for any more. */
  async tidy(): Promise<void> {
    const { records, ahead, limits } = this.#options;
    for (const move of ahead.moves()) {
      const isUsed = records.source(move)?.state === 'frozen' || records.source(move)?.state === 'kept';
      if (!isUsed && this.#silentMs(move) > limits.abandonedMs) await ahead.forget(move);
    }
    for (const record of records.all()) {
      if (record.role !== 'source') continue;
      // One whose target is out of reach holds up no other.
      await this.#tidy(record).catch((err) => this.#options.log.warn({ err, move: record.move }, 'tidied again later'));
      const isOver = record.state === 'thawed' || record.state === 'gone';
      if (isOver && this.#silentMs(record.move) > FORGET_MS) records.forget(record.move);
    }
  }

  async #tidy(record: SourceRecord): Promise<void> {
    if (record.state === 'frozen' || record.state === 'kept') await this.#takeBackIfAbandoned(record);
    else if (record.state !== 'thawed') await this.#unfenceIfGone(record);
  }

  async #unfenceIfGone({ pod, sandboxId }: SourceRecord): Promise<void> {
    if ((await containersOf(pod.uid)).length > 0) return;
    await this.#options.state.unfence(pod.uid);
    await this.#options.state.unmarkLeaving(sandboxId);
  }

  /** Only when the target has given its word that the ticket is void. */
  async #takeBackIfAbandoned({ move, target, killed }: SourceRecord): Promise<void> {
    const { limits, connect, log } = this.#options;
    // What is dead here waits for whoever deleted it.
    if (killed || this.#sending.isSending(move) || this.#silentMs(move) < limits.abandonedMs) return;
    const agent = new Agent(target, await connect(target));
    try {
      const cancelled = await agent.cancel(move, AbortSignal.timeout(CANCEL_MS));
      if (!cancelled.ok) return;
      const thawed = await this.thaw(move);
      log.warn({ move, thawed }, 'nobody has asked for this move for long, and its pod goes on here');
    } finally {
      agent.close();
    }
  }

  /** What was there before this agent was started has been heard of then. */
  #silentMs(move: string): number {
    const now = this.#options.now();
    if (!this.#heard.has(move)) this.#heard.set(move, now);
    return now - this.#heard.get(move)!;
  }
}

const CANCEL_MS = 10_000;
/** A controller that was killed and goes on asks what became of its move. */
const FORGET_MS = 10 * 60_000;
