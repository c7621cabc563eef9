import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Daemon } from './daemon.ts';

const RELAY = fileURLToPath(new URL('../../scripts/relay.ts', import.meta.url));

/**
 * A port of this machine's loopback that leads to the same port of another network namespace's: a socket in the file
 * system is in both.
 */
export async function relayInto(enter: readonly string[], port: number, folder: string): Promise<readonly Daemon[]> {
  const socket = join(folder, 'relay');
  const [command, ...args] = [...enter, process.execPath, RELAY, `unix:${socket}`, `tcp:${port}`];
  const far = new Daemon('relay-far', folder, command!, args);
  const near = new Daemon('relay-near', folder, process.execPath, [RELAY, `tcp:${port}`, `unix:${socket}`]);
  await near.waitFor(async () => !(await isFree(port)));
  return [far, near];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
