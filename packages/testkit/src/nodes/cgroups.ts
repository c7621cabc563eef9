import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const MOUNT = '/sys/fs/cgroup';
const PREFIX = 'restow-test';

/** A name for a node's cgroups that says whose they are. */
export function cgroupName(node: string): string {
  return `${PREFIX}-${process.pid}-${node}-${randomBytes(3).toString('hex')}`;
}

/** A cgroup of this name in every hierarchy of version 1, or the only one of version 2. */
export async function makeCgroups(name: string): Promise<void> {
  await removeStale();
  for (const parent of hierarchies()) {
    const folder = join(parent, name);
    await mkdir(folder, { recursive: true });
    // Without them no process may enter.
    for (const file of ['cpuset.cpus', 'cpuset.mems']) {
      if (!existsSync(join(folder, file)) || !existsSync(join(parent, file))) continue;
      await writeFile(join(folder, file), await readFile(join(parent, file), 'utf8'));
    }
  }
}

/** Of tests that were killed. */
async function removeStale(): Promise<void> {
  const names = new Set(hierarchies().flatMap((parent) => readdirSync(parent)));
  for (const name of names) {
    const [, pid] = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name) ?? [];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await removeCgroups(name);
  }
}

/** Takes them away with all that is below them and all that still runs there, frozen or not. */
export async function removeCgroups(name: string): Promise<void> {
  const trees = hierarchies().map((parent) => join(parent, name));
  const folders = trees.filter(existsSync).flatMap(below);
  for (const folder of folders) await killAll(folder);
  for (const folder of folders) await removeEmpty(folder);
}

/** The deepest first. */
function below(folder: string): string[] {
  const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return [...children.flatMap(({ name }) => below(join(folder, name))), folder];
}

async function killAll(folder: string): Promise<void> {
  const procs = await readFile(join(folder, 'cgroup.procs'), 'utf8').catch(() => '');
  for (const pid of procs.split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It went by itself.
    }
  }
  // What is frozen dies once it is thawed.
  await writeFile(join(folder, 'freezer.state'), 'THAWED').catch(() => {});
}

async function removeEmpty(folder: string): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const removed = await rmdir(folder).then(
      () => true,
      () => !existsSync(folder),
    );
    if (removed) return;
    // Processes that were killed are still on their way out.
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function hierarchies(): string[] {
  if (existsSync(join(MOUNT, 'cgroup.controllers'))) return [MOUNT];
  return readdirSync(MOUNT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(MOUNT, name));
}
