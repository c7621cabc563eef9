import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type AgentConnection, type AgentPeer, type CopyAheadRequest, type Sent, sendAnswer } from '@restow/migration';
import type { Logger } from 'pino';
import { type Delta, deltaOf, isUnchanged } from '../ahead/delta.ts';
import { copyMemory, type MemoryCopy } from '../ahead/memory-copy.ts';
import type { ManifestFile } from '../archive/manifest.ts';
import { type OutgoingContainer, sendFiles } from '../archive/send-archive.ts';
import { containersOf } from '../host/bundles.ts';
import { growInLargePages } from '../host/memory-folder.ts';
import { Reserve } from '../host/reserve.ts';
import type { Runc } from '../host/runc.ts';
import { type AgentLimits, pacer } from '../limits.ts';
import { inspectProcesses } from '../preflight/processes.ts';
import { whyNoRoom } from '../preflight/room.ts';
import type { NodeState } from '../state/tickets.ts';
import { refusal } from './answers.ts';
import { Phases } from './phases.ts';

/** Below that it costs more to prepare for a checkpoint than it saves. */
const LARGE_BYTES = 64 * 2 ** 20;

export interface AheadCopiesOptions {
  readonly state: NodeState;
  readonly runc: Runc;
  /** Compares what is too much for Node. */
  readonly shim: string;
  readonly limits: AgentLimits;
  readonly connect: (peer: AgentPeer) => Promise<AgentConnection>;
  readonly now: () => number;
  readonly log: Logger;
}

/** What was sent of one container, by the numbers by which its processes know themselves. */
interface SentContainer {
  readonly copies: ReadonlyMap<number, MemoryCopy>;
  /** As the manifest of the archive will name them, by file. */
  readonly files: ReadonlyMap<string, ManifestFile>;
  /** Once there is a checkpoint. */
  delta: Delta | null;
}

/**
 * Memory that is sent while its pod still runs, so that less is to be sent while it does not. Whatever becomes of it, the
 * archive is whole: a page is taken from the copy only when it is the same, byte by byte, as in the checkpoint.
 */
export class AheadCopies {
  readonly #options: AheadCopiesOptions;
  /** By move and container. */
  readonly #sent = new Map<string, ReadonlyMap<string, SentContainer>>();
  readonly #underWay = new Set<string>();
  readonly #reserve = new Reserve();

  constructor(options: AheadCopiesOptions) {
    this.#options = options;
  }

  /** Of which there is memory here. */
  moves(): readonly string[] {
    return [...this.#sent.keys()];
  }

  /** Refused, nothing is lost but time. */
  async send(move: string, request: CopyAheadRequest): Promise<Sent> {
    if (this.#underWay.has(move)) return refusal('it is being sent');
    if (this.#sent.has(move)) return { ok: true, phasesMs: {}, bytes: 0 };
    this.#underWay.add(move);
    try {
      return await this.#send(move, request);
    } catch (error) {
      await this.forget(move);
      return refusal((error as Error).message);
    } finally {
      this.#underWay.delete(move);
    }
  }

  async forget(move: string): Promise<void> {
    const wasLast = this.#sent.delete(move) && this.#sent.size === 0;
    await this.#options.state.forgetAhead(move);
    if (wasLast) await growInLargePages(this.#options.state.folder, false);
  }

  /** The checkpoint is written to memory that was kept for it. */
  async makeRoom(move: string): Promise<void> {
    await this.#reserve.giveBack(this.#options.state.ahead(move));
  }

  /** A container's archive as it is sent: less what was sent ahead and has not changed. */
  async outgoing(move: string, name: string): Promise<OutgoingContainer> {
    const { state, shim, log } = this.#options;
    const folder = join(state.archive(move), name);
    const sent = this.#sent.get(move)?.get(name);
    if (sent === undefined) return { name, folder, instead: null, ahead: [] };
    const instead = join(state.ahead(move), `${name}.delta`);
    await rm(instead, { recursive: true, force: true });
    try {
      sent.delta = await deltaOf(shim, folder, sent.copies, instead);
    } catch (err) {
      // What was sent ahead was for nothing; the archive is whole without it.
      log.warn({ err, move, container: name }, 'what has changed since is not known, and all is sent');
      return { name, folder, instead: null, ahead: [] };
    }
    const ahead = [...sent.delta.ahead].map(([path, { file }]) => ({ ...sent.files.get(file)!, path }));
    return { name, folder, instead, ahead };
  }

  /** What of a container's archive is not any more what it was when its changes were sent; null: nothing. */
  async changedFile(move: string, name: string): Promise<string | null> {
    const checksums = this.#sent.get(move)?.get(name)?.delta?.checksums ?? [];
    for (const [path, checksum] of checksums) {
      if (!(await isUnchanged(join(this.#options.state.archive(move), name, path), checksum))) return path;
    }
    return null;
  }

  async #send(move: string, { pod, target, sizeBytes }: CopyAheadRequest): Promise<Sent> {
    const { state, runc, limits, now } = this.#options;
    const folder = state.ahead(move);
    const containers = await Promise.all(
      (await containersOf(pod.uid)).map(async ({ name, id }) => ({ name, pids: await runc.pids(id) })),
    );
    const all = containers.flatMap(({ pids }) => pids);
    const { memoryBytes } = await inspectProcesses(all, []);
    const noRoom = await whyNoRoom({ bytes: memoryBytes, allBytes: memoryBytes + sizeBytes, copies: 1 }, limits);
    if (noRoom !== null) return refusal(noRoom);
    const phases = new Phases(now);
    await state.forgetAhead(move);
    const copies = new Map<string, ReadonlyMap<number, MemoryCopy>>();
    for (const { name, pids } of containers) {
      await mkdir(join(folder, name), { recursive: true, mode: 0o700 });
      copies.set(name, await copyMemory(pids, join(folder, name)));
    }
    phases.end('copy');
    const paths = [...copies].flatMap(([name, own]) => [...own.keys()].map((pid) => join(name, `pages-${pid}.img`)));
    const { files, bytes } = await this.#upload(move, target, paths);
    phases.end('send');
    if (memoryBytes >= LARGE_BYTES) {
      await growInLargePages(state.folder, true);
      await this.#reserve.take(folder, memoryBytes);
    }
    phases.end('reserve');
    const byFile = new Map(files.map((file) => [join(folder, file.path), file]));
    this.#sent.set(
      move,
      new Map([...copies].map(([name, own]) => [name, { copies: own, files: byFile, delta: null }])),
    );
    return { ok: true, phasesMs: phases.ms, bytes };
  }

  async #upload(move: string, target: AgentPeer, paths: readonly string[]) {
    const { state, limits, connect } = this.#options;
    let bytes = 0;
    let files: readonly ManifestFile[] = [];
    const pace = pacer(limits.bytesPerSecond);
    const connection = await connect(target);
    try {
      const send = async (write: (chunk: Buffer) => Promise<void>) => {
        const counted = (chunk: Buffer) => {
          bytes += chunk.length;
          return write(chunk);
        };
        files = await sendFiles(state.ahead(move), paths, { write: counted, pace });
      };
      const bounded = AbortSignal.timeout(Math.min(limits.transferMs, limits.aheadMs));
      const answer = await connection.upload(`/v1/moves/${move}/ahead`, send, sendAnswer, bounded);
      if (!answer.ok) throw new Error(answer.reasons.join('; '));
      return { files, bytes };
    } finally {
      connection.close();
    }
  }
}
