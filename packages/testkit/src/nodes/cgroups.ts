import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const MOUNT = '/sys/fs/cgroup';

/** A cgroup of this name in every hierarchy of version 1, or the only one of version 2. */
export async function makeCgroups(name: string): Promise<void> {
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

/** Takes them away with all that is below them, once nothing runs there any more. */
export async function removeCgroups(name: string): Promise<void> {
  for (const parent of hierarchies()) await removeTree(join(parent, name));
}

async function removeTree(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeTree(join(folder, entry.name));
  }
  for (let tries = 0; tries < 50; tries++) {
    const removed = await rmdir(folder).then(
      () => true,
      () => !existsSync(folder),
    );
    if (removed) return;
    // Processes that were killed are still on their way out.
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function hierarchies(): string[] {
  if (existsSync(join(MOUNT, 'cgroup.controllers'))) return [MOUNT];
  return readdirSync(MOUNT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'unified')
    .map(({ name }) => join(MOUNT, name));
}
