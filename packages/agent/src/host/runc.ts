import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { runProgram } from './run-program.ts';

const stateSchema = z.looseObject({ status: z.string(), pid: z.int() });
export type RuncState = z.infer<typeof stateSchema>;

const QUICK_MS = 10_000;
const SOON_MS = 100;
const POLL_MS = 5;

/** runc on containerd's own containers. */
export class Runc {
  readonly #command: readonly string[];

  /** `root`: where containerd's shim lets runc keep its state. */
  constructor(program: string, root: string) {
    this.#command = [program, '--root', root];
  }

  /** null when there is no such container. */
  async state(id: string): Promise<RuncState | null> {
    const text = await this.#run(['state', id], QUICK_MS).catch(() => null);
    return text === null ? null : stateSchema.parse(JSON.parse(text));
  }

  async pids(id: string): Promise<readonly number[]> {
    const text = await this.#run(['ps', '--format', 'json', id], QUICK_MS);
    return (z.array(z.int()).nullable().parse(JSON.parse(text)) ?? []).slice();
  }

  async pause(id: string): Promise<void> {
    await this.#runUnless(['pause', id], (state) => state?.status === 'paused');
  }

  async thaw(id: string): Promise<void> {
    await this.#runUnless(['resume', id], (state) => state?.status !== 'paused');
  }

  /**
   * At once, paused or not: what is paused dies when it is let go on, which newer runcs see to themselves. Resolves when
   * the first process is dead, and with it all others that it has started. `pid`: the first process.
   */
  async kill(id: string, pid: number): Promise<void> {
    await this.#runUnless(['kill', id, 'KILL'], (state) => state === null || state.status === 'stopped');
    if (await isDeadWithin(pid, SOON_MS)) return;
    await this.thaw(id);
    if (!(await isDeadWithin(pid, QUICK_MS))) throw new Error(`process ${pid} of container ${id} does not die`);
  }

  /** Writes the memory of a paused container there and leaves it paused. Connections and locks are part of it. */
  async checkpoint(id: string, images: string, work: string, limitMs: number): Promise<void> {
    const flags = ['--leave-running', '--tcp-established', '--file-locks', '--manage-cgroups-mode', 'ignore'];
    await this.#run(['checkpoint', ...flags, '--image-path', images, '--work-path', work, id], limitMs);
  }

  async version(): Promise<string | null> {
    const text = await runProgram([this.#command[0]!, '--version'], { limitMs: QUICK_MS }).catch(() => '');
    return /^runc version (\S+)/m.exec(text)?.[1] ?? null;
  }

  /** What fails because it is so already has not failed: nobody waits for an answer to that beforehand. */
  async #runUnless(args: readonly string[], isSo: (state: RuncState | null) => boolean): Promise<void> {
    await this.#run(args, QUICK_MS).catch(async (error) => {
      if (!isSo(await this.state(args[1]!))) throw error;
    });
  }

  #run(args: readonly string[], limitMs: number): Promise<string> {
    return runProgram([...this.#command, ...args], { limitMs });
  }
}

/** A first process is dead when no other of its container is left. Source: Linux, pid_namespaces(7). */
async function isDeadWithin(pid: number, limitMs: number): Promise<boolean> {
  for (const until = performance.now() + limitMs; ; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
    // Its state is behind its name, which may have spaces.
    if (stat === null || /^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))) return true;
    if (performance.now() > until) return false;
  }
}
