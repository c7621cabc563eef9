import { totalmem } from 'node:os';
import { AgentConnection, type AgentPeer, type Credentials, doneAnswer } from '@restow/migration';
import type { Logger } from 'pino';
import { Addresses } from './host/addresses.ts';
import { mountInMemory } from './host/memory-folder.ts';
import { Runc } from './host/runc.ts';
import type { AgentLimits } from './limits.ts';
import { AheadCopies } from './moves/ahead-copies.ts';
import { MoveRecords } from './moves/records.ts';
import { SourceMoves } from './moves/source-moves.ts';
import { TargetMoves } from './moves/target-moves.ts';
import type { MetadataSource } from './notices/metadata-source.ts';
import { NoticeWatch } from './notices/notice-watch.ts';
import { availableBytes, nodeFacts } from './preflight/node.ts';
import { preflight } from './preflight/pod.ts';
import { wiringProblems } from './preflight/wiring.ts';
import { serveAgent } from './server/agent-server.ts';
import type { AgentServices } from './services.ts';
import { NodeState } from './state/tickets.ts';

export interface AgentOptions {
  readonly node: string;
  /** Where other agents and controllers reach this one: `https://ADDRESS:PORT`. */
  readonly url: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly credentials: Credentials;
  /** Shared with the shim; in memory. */
  readonly stateFolder: string;
  /** Survives a reboot. */
  readonly addressFolder: string;
  readonly shim: string;
  readonly runc: { readonly program: string; readonly root: string };
  readonly limits: Partial<AgentLimits>;
  /** What its cloud says about its end; null: nobody is asked. */
  readonly metadata: MetadataSource | null;
  readonly log: Logger;
}

const TIDY_MS = 1_000;
const RETURN_MS = 10_000;

export const DEFAULT_LIMITS: Omit<AgentLimits, 'archiveBytes'> = {
  movesAtOnce: 2,
  bytesPerSecond: null,
  checkpointMs: 120_000,
  transferMs: 600_000,
  aheadMs: 300_000,
  abandonedMs: 60_000,
};

export interface RunningAgent {
  close(): Promise<void>;
}

/** An agent that goes on where the one before it was killed. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { node, url, credentials, stateFolder, addressFolder, shim, log } = options;
  const limits: AgentLimits = { archiveBytes: Math.floor(totalmem() / 4), ...DEFAULT_LIMITS, ...options.limits };
  // Tickets too: what a container takes is renamed from one to the other.
  const { mayBeSwapped } = await mountInMemory(stateFolder, limits.archiveBytes);
  const state = new NodeState(stateFolder);
  const records = new MoveRecords(stateFolder);
  const runc = new Runc(options.runc.program, options.runc.root);
  const addresses = new Addresses(addressFolder, shim, { node, url });
  const connect = (peer: AgentPeer) => AgentConnection.open(peer.node, peer.url, credentials);
  const now = () => performance.now();
  const ahead = new AheadCopies({ state, runc, shim, limits, connect, now, log });
  await state.keepAhead(records.all().flatMap(({ move, role }) => (role === 'target' ? [move] : [])));
  const sources = new SourceMoves({ state, records, runc, shim, limits, addresses, ahead, connect, now, log });
  const targets = new TargetMoves({ state, records, limits, now, wallNow: Date.now });
  const facts = await nodeFacts(runc, mayBeSwapped);
  const watch = new NoticeWatch({ source: options.metadata ?? NOTHING, now: Date.now, log });
  const services: AgentServices = {
    sources,
    targets,
    addresses,
    report: async () => ({
      ...facts,
      blockers: [...facts.blockers, ...(await wiringProblems(shim))],
      node,
      availableBytes: await availableBytes(),
      movesAtOnce: limits.movesAtOnce,
      moves: records.all().map(({ move }) => move),
    }),
    notices: (after) => watch.since(after),
    preflight: (pod) => preflight(pod, { runc, addresses, limits }),
  };
  const server = await serveAgent(services, { ...options.listen, credentials, log });
  log.info({ url, blockers: facts.blockers }, 'ready');
  const returnAddresses = async () => {
    for (const { ip, origin } of await addresses.returned()) {
      const connection = await connect(origin);
      try {
        const path = `/v1/addresses/${ip}/return`;
        await connection.call({ method: 'POST', path, body: {}, answer: doneAnswer, limitMs: RETURN_MS }, NEVER);
        await addresses.told(ip);
      } finally {
        connection.close();
      }
    }
  };
  let isClosed = false;
  const tidying = (async () => {
    while (!isClosed) {
      for (const one of [() => sources.tidy(), () => targets.tidy(), returnAddresses]) {
        await one().catch((error) => log.warn({ err: error }, 'tidying is tried again'));
      }
      await new Promise((resolve) => setTimeout(resolve, TIDY_MS).unref());
    }
  })();
  const close = async () => {
    isClosed = true;
    watch.close();
    server.close();
    await Promise.race([tidying, new Promise((resolve) => setTimeout(resolve, TIDY_MS * 2).unref())]);
  };
  return { close };
}

const NEVER = new AbortController().signal;
const NOTHING: MetadataSource = { read: async () => [] };
