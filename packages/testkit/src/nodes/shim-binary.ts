import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { cacheFolder } from '../control-plane/binaries.ts';

const run = promisify(execFile);
const SOURCE = fileURLToPath(new URL('../../../agent/shim', import.meta.url));

/** The runtime shim, built from its source whenever that has changed. */
export async function shimBinary(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of readdirSync(SOURCE).sort()) hash.update(readFileSync(join(SOURCE, file)));
  const binary = join(cacheFolder(), `restow-runc-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(binary)) return binary;
  const partial = `${binary}.${process.pid}`;
  const flags = ['build', '-trimpath', '-ldflags', '-s -w', '-o', partial, '.'];
  await run('go', flags, { cwd: SOURCE, env: { ...process.env, CGO_ENABLED: '0' } });
  await rename(partial, binary);
  return binary;
}
