import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The right to restore one pod once, as the runtime shim reads it (`shim/state.go`). */
export interface Ticket {
  /** Also the name of the archive. */
  readonly move: string;
  readonly namespace: string;
  readonly pod: string;
  /** The pod that the checkpoint was taken of: it has no right to it. */
  readonly sourceUid: string;
  /** Names of all containers that are to be restored. */
  readonly containers: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** How long a container may wait for the archive to be whole. */
  readonly waitMs: number;
  /** How long the restore of one container may take. */
  readonly restoreMs: number;
}

const VERSION = 1;

/** What agent and shim of one node tell each other, in a folder in memory that only root may enter. */
export class NodeState {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Nothing of the pod is started here from now on. */
  async fence(podUid: string, move: string): Promise<void> {
    await mkdir(join(this.#folder, 'fences'), { recursive: true, mode: 0o700 });
    await writeFile(join(this.#folder, 'fences', podUid), `${move}\n`, { mode: 0o600 });
  }

  async unfence(podUid: string): Promise<void> {
    await rm(join(this.#folder, 'fences', podUid), { force: true });
  }

  /** Where the archive of a move belongs. */
  archive(move: string): string {
    return join(this.#folder, 'archives', move);
  }

  /** Whole or not at all: the shim never sees half a ticket. */
  async grant({ namespace, pod, ...ticket }: Ticket): Promise<void> {
    const folder = this.#ticket(namespace, pod);
    const partial = join(this.#folder, `ticket-${ticket.move}`);
    await mkdir(join(this.#folder, 'tickets'), { recursive: true, mode: 0o700 });
    await mkdir(join(partial, 'open'), { recursive: true, mode: 0o700 });
    await writeFile(join(partial, 'ticket.json'), JSON.stringify({ version: VERSION, ...ticket }), { mode: 0o600 });
    for (const name of ticket.containers) await writeFile(join(partial, 'open', name), '', { mode: 0o600 });
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
  }

  async revoke(namespace: string, pod: string): Promise<void> {
    await rm(this.#ticket(namespace, pod), { recursive: true, force: true });
  }

  /** The archive is whole: containers that wait for it are restored. */
  async markReady(move: string): Promise<void> {
    await writeFile(join(this.archive(move), 'ready'), '', { mode: 0o600 });
  }

  /** The archive will never be whole: containers that wait for it are refused. */
  async markFailed(move: string, reason: string): Promise<void> {
    await mkdir(this.archive(move), { recursive: true, mode: 0o700 });
    await writeFile(join(this.archive(move), 'failed'), reason, { mode: 0o600 });
  }

  /** Forgets a move; its archive holds a process's whole memory. */
  async forget(move: string): Promise<void> {
    await rm(this.archive(move), { recursive: true, force: true });
  }

  #ticket(namespace: string, pod: string): string {
    return join(this.#folder, 'tickets', `${namespace}_${pod}`);
  }
}
