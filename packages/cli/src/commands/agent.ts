import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GceMetadata, Imds, type MetadataSource, startAgent } from '@restow/agent';
import { type Credentials, DEFAULT_AGENT_PORT } from '@restow/migration';
import { InputError, parseQuantity, quantityToUnits } from '@restow/model';
import { pino } from 'pino';

export interface AgentCommandOptions {
  readonly node: string;
  readonly address: string;
  readonly tls: string;
  readonly shim: string;
  readonly runc: string;
  readonly runcRoot: string;
  readonly moves: string;
  readonly archiveMemory?: string;
  readonly bandwidth?: string;
  readonly metadata: string;
}

const STATE_FOLDER = '/run/restow';
const ADDRESS_FOLDER = '/var/lib/restow/addresses';

/** Runs until it is told to stop. */
export async function runAgent(options: AgentCommandOptions): Promise<void> {
  if (process.getuid?.() !== 0) throw new InputError('the agent must run as root: it freezes and restores processes');
  const { host, port } = addressOf(options.address);
  const movesAtOnce = Number(options.moves);
  if (!Number.isInteger(movesAtOnce) || movesAtOnce < 1)
    throw new InputError(`--moves ${options.moves}: expected 1, 2, 3, …`);
  const archiveBytes = bytesOf('--archive-memory', options.archiveMemory);
  const bytesPerSecond = bytesOf('--bandwidth', options.bandwidth);
  const agent = await startAgent({
    node: options.node,
    url: `https://${host}:${port}`,
    listen: { host, port },
    credentials: await readCredentials(options.tls),
    stateFolder: STATE_FOLDER,
    addressFolder: ADDRESS_FOLDER,
    shim: options.shim,
    runc: { program: options.runc, root: options.runcRoot },
    limits: {
      movesAtOnce,
      ...(archiveBytes !== null && { archiveBytes }),
      ...(bytesPerSecond !== null && { bytesPerSecond }),
    },
    metadata: metadataOf(options.metadata),
    log: pino({ base: { node: options.node } }),
  });
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await agent.close();
}

function metadataOf(cloud: string): MetadataSource | null {
  if (cloud === 'aws') return new Imds();
  if (cloud === 'gcp') return new GceMetadata(Date.now);
  if (cloud === 'none') return null;
  throw new InputError(`--metadata ${cloud}: expected aws, gcp or none`);
}

function addressOf(text: string): { readonly host: string; readonly port: number } {
  const [, host, port] = /^([^:\s]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (host === undefined) throw new InputError(`--address ${text}: expected HOST or HOST:PORT`);
  return { host, port: port === undefined ? DEFAULT_AGENT_PORT : Number(port) };
}

function bytesOf(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  try {
    return quantityToUnits(parseQuantity(text));
  } catch (error) {
    throw new InputError(`${option}: ${(error as Error).message}`, {}, { cause: error });
  }
}

async function readCredentials(folder: string): Promise<Credentials> {
  const read = async (name: string) => {
    const file = join(folder, name);
    return readFile(file, 'utf8').catch((error: Error) => {
      throw new InputError(`cannot be read: ${error.message}`, { file }, { cause: error });
    });
  };
  return { authority: await read('ca.crt'), certificate: await read('tls.crt'), key: await read('tls.key') };
}
