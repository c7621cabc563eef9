import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../control-plane/binaries.ts';

const run = promisify(execFile);
const BUILD_LIMIT_MS = 15 * 60_000;
const SUITE = 'forky';
const LEFT_OUT = ['man', 'doc', 'locale', 'info'];

/** In CI, where nobody else does. */
export async function installMmdebstrap(): Promise<void> {
  if (process.env.CI !== 'true') return;
  const isThere = await run('mmdebstrap', ['--version']).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, timeout: BUILD_LIMIT_MS, maxBuffer: 2 ** 26 };
  const install = () =>
    run('apt-get', ['install', '--yes', '--no-install-recommends', 'mmdebstrap', 'iproute2'], options);
  // The machine's lists of packages may be missing, or too old.
  await install().catch(async () => {
    await run('apt-get', ['update'], options).catch(() => {});
    await install();
  });
}

/** A Debian tree with packages and all that they need; made on first use, as root, and kept. */
export async function debianTree(name: string, packages: readonly string[]): Promise<string> {
  const pinned = createHash('sha256')
    .update(JSON.stringify([SUITE, packages, LEFT_OUT]))
    .digest('hex')
    .slice(0, 16);
  const tree = join(cacheFolder(), `${name}-${SUITE}-${pinned}`);
  if (existsSync(tree)) return tree;
  const partial = `${tree}.${randomUUID()}`;
  await mkdir(join(tree, '..'), { recursive: true });
  try {
    const flags = [
      ...['--mode=root', '--variant=minbase', `--include=${packages.join(',')}`],
      // A mirror that is behind is good enough for a test.
      '--aptopt=Acquire::Check-Valid-Until "false"',
      ...LEFT_OUT.map((what) => `--dpkgopt=path-exclude=/usr/share/${what}/*`),
    ];
    await run('mmdebstrap', [...flags, SUITE, partial, 'http://deb.debian.org/debian'], {
      timeout: BUILD_LIMIT_MS,
      maxBuffer: 2 ** 26,
    });
    await rename(partial, tree);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return tree;
}
