import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PodAddress, WirePod } from '@restow/migration';

/** The right to restore one pod once, as the runtime shim reads it (`shim/state.go`). */
export interface Ticket {
  /** Also the name of the archive. */
  readonly move: string;
  /** What the checkpoint was taken of: one of the same name and another UID has a right to it. */
  readonly pod: WirePod;
  /** Names of all containers that are to be restored. */
  readonly containers: readonly string[];
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** How long a container may wait for the archive to be whole. */
  readonly waitMs: number;
  /** How long the restore of one container may take. */
  readonly restoreMs: number;
  /** What the pod keeps; null: it gets a new one. */
  readonly address: PodAddress | null;
}

const VERSION = 1;

/** What agent and shim of one node tell each other, in a folder in memory that only root may enter. */
export class NodeState {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Nothing of the pod is started here from now on. */
  async fence(podUid: string, move: string): Promise<void> {
    await mkdir(join(this.folder, 'fences'), { recursive: true, mode: 0o700 });
    await writeFile(join(this.folder, 'fences', podUid), `${move}\n`, { mode: 0o600 });
  }

  async unfence(podUid: string): Promise<void> {
    await rm(join(this.folder, 'fences', podUid), { force: true });
  }

  /** Where the archive of a move belongs. */
  archive(move: string): string {
    return join(this.folder, 'archives', move);
  }

  /** Where memory of a move is that was sent before its archive; the shim does not look there. */
  ahead(move: string): string {
    return join(this.folder, 'ahead', move);
  }

  /** What was sent ahead of other moves than these is of use to nobody any more. */
  async keepAhead(moves: readonly string[]): Promise<void> {
    const found = await readdir(join(this.folder, 'ahead')).catch(() => []);
    for (const move of found) if (!moves.includes(move)) await this.forgetAhead(move);
  }

  async forgetAhead(move: string): Promise<void> {
    await rm(this.ahead(move), { recursive: true, force: true });
  }

  /** The pod's address goes with it, and stays reserved here. */
  async markLeaving(sandboxId: string, ip: string): Promise<void> {
    await mkdir(join(this.folder, 'leaving'), { recursive: true, mode: 0o700 });
    await writeFile(join(this.folder, 'leaving', sandboxId), ip, { mode: 0o600 });
  }

  async unmarkLeaving(sandboxId: string): Promise<void> {
    await rm(join(this.folder, 'leaving', sandboxId), { force: true });
  }

  /** Whole or not at all: the shim never sees half a ticket. */
  async grant({ pod, ...more }: Ticket): Promise<void> {
    const folder = this.#ticket(pod.namespace, pod.name);
    const ticket = { version: VERSION, sourceUid: pod.uid, ...more };
    const partial = join(this.folder, `ticket-${ticket.move}`);
    await mkdir(join(this.folder, 'tickets'), { recursive: true, mode: 0o700 });
    await mkdir(join(partial, 'open'), { recursive: true, mode: 0o700 });
    await writeFile(join(partial, 'ticket.json'), JSON.stringify(ticket), { mode: 0o600 });
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

  /**
   * Takes the right to be restored back from every container that has not used it; the names of those that have. A pod
   * whose move has failed is refused by the shim, not started cold.
   */
  async takeBack(namespace: string, pod: string, move: string, containers: readonly string[]): Promise<string[]> {
    const taken: string[] = [];
    const kept = join(this.archive(move), 'taken-back');
    await mkdir(kept, { recursive: true, mode: 0o700 });
    for (const name of containers) {
      await rename(join(this.#ticket(namespace, pod), 'open', name), join(kept, name)).catch(() => taken.push(name));
    }
    const before = await readdir(kept);
    return taken.filter((name) => !before.includes(name));
  }

  /** The pod that the shim has refused to start after its restore has failed, and why; null: none. */
  async refusedBy(move: string): Promise<{ readonly podUid: string; readonly reason: string } | null> {
    const text = await readFile(join(this.archive(move), 'refused'), 'utf8').catch(() => null);
    if (text === null) return null;
    const [podUid = '', ...reason] = text.trimEnd().split('\n');
    return { podUid, reason: reason.join(' ') };
  }

  /** The move is over, and the pod may start here, cold. */
  async letStart(namespace: string, pod: string, move: string): Promise<void> {
    await this.revoke(namespace, pod);
    const refused = await this.refusedBy(move);
    if (refused !== null) await this.unfence(refused.podUid);
    await this.forget(move);
  }

  /** Forgets a move; its archive holds a process's whole memory. */
  async forget(move: string): Promise<void> {
    await this.clearArchive(move);
    await this.forgetAhead(move);
  }

  /** What has become of the archive is begun anew. */
  async clearArchive(move: string): Promise<void> {
    await rm(this.archive(move), { recursive: true, force: true });
  }

  #ticket(namespace: string, pod: string): string {
    return join(this.folder, 'tickets', `${namespace}_${pod}`);
  }
}
