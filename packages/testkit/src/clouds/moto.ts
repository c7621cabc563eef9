import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '../control-plane/binaries.ts';
import { Daemon } from '../control-plane/daemon.ts';
import { freePorts } from '../control-plane/ports.ts';

const PINNED = fileURLToPath(new URL('../../python/moto.txt', import.meta.url));
const INSTALL_MS = 10 * 60_000;
const run = promisify(execFile);

/** AWS as moto plays it, on loopback. */
export interface Moto {
  readonly endpoint: string;
  /** What a process needs that shall talk to it. */
  readonly env: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Its folder, installed from PyPI into a virtual environment on first use. */
export async function motoFolder(): Promise<string> {
  const pinned = createHash('sha256').update(readFileSync(PINNED)).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(), `moto-${pinned}`);
  if (existsSync(folder)) return folder;
  const partial = `${folder}.${randomUUID()}`;
  try {
    await run('python3', ['-m', 'venv', partial], { timeout: INSTALL_MS });
    const python = join(partial, 'bin/python3');
    const flags = ['--quiet', '--disable-pip-version-check', '--requirement', PINNED];
    await run(python, ['-m', 'pip', 'install', ...flags], { timeout: INSTALL_MS });
    // Another process may have been faster.
    await rename(partial, folder).catch((error) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return folder;
}

export async function startMoto(): Promise<Moto> {
  const folder = await motoFolder();
  const logs = await mkdtemp(join(tmpdir(), 'restow-moto-'));
  const [port] = await freePorts(1);
  const endpoint = `http://127.0.0.1:${port}`;
  // Its own scripts name the place where it was installed, before it was renamed.
  const args = ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)];
  const daemon = new Daemon('moto', logs, join(folder, 'bin/python3'), args);
  await daemon.waitFor(async () => (await fetch(`${endpoint}/moto-api/data.json`)).ok);
  return {
    endpoint,
    env: {
      AWS_ENDPOINT_URL: endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    },
    stop: async () => {
      await daemon.stop();
      await rm(logs, { recursive: true, force: true });
    },
  };
}
