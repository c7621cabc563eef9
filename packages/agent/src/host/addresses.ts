import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentPeer } from '@restow/migration';
import { z } from 'zod';
import { runProgram } from './run-program.ts';

const RELEASE_MS = 10_000;

/** As the shim writes it (`shim/address.go`). */
const recordSchema = z.looseObject({
  ip: z.ipv4(),
  origin: z.strictObject({ node: z.string(), url: z.url() }).nullable(),
});

/** The addresses that left this node with their pods, and those that came here. */
export class Addresses {
  readonly #folder: string;
  readonly #shim: string;
  readonly #own: AgentPeer;

  constructor(folder: string, shim: string, own: AgentPeer) {
    this.#folder = folder;
    this.#shim = shim;
    this.#own = own;
  }

  /** The node whose range it is of. */
  async originOf(ip: string): Promise<AgentPeer> {
    const text = await readFile(join(this.#folder, `${ip}.json`), 'utf8').catch(() => null);
    return (text === null ? null : recordSchema.parse(JSON.parse(text)).origin) ?? this.#own;
  }

  /** No pod has this address of the node's own any more, anywhere. */
  async release(ip: string): Promise<void> {
    await runProgram([this.#shim, 'restow-release', z.ipv4().parse(ip)], { limitMs: RELEASE_MS });
  }

  /** Those of other nodes that no pod here has any more, until they are told. */
  async returned(): Promise<readonly { readonly ip: string; readonly origin: AgentPeer }[]> {
    const folder = join(this.#folder, 'returned');
    const found: { ip: string; origin: AgentPeer }[] = [];
    for (const name of await readdir(folder).catch(() => [])) {
      if (!name.endsWith('.json')) continue;
      const { ip, origin } = recordSchema.parse(JSON.parse(await readFile(join(folder, name), 'utf8')));
      if (origin !== null) found.push({ ip, origin });
    }
    return found;
  }

  async told(ip: string): Promise<void> {
    await rm(join(this.#folder, 'returned', `${ip}.json`), { force: true });
  }
}
