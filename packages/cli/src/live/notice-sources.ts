import { type MachineNotice, type Notice, NoticeBoard, noticesOnNode } from '@restow/executor';
import { sleepMs } from '@restow/kube';
import { AgentNoticeSource, type Agents } from '@restow/migration';
import { InputError, LABEL } from '@restow/model';
import type { LiveView } from '@restow/snapshotter';
import { CLOUDS } from '../clouds.ts';

export interface NoticeRequest {
  /** `sqs:URL` or `gcp:REGION`. */
  readonly sources: readonly string[];
  readonly view: LiveView;
  /** null: there are none. */
  readonly agents: Agents | null;
  /** Told once of each source that is not heard. */
  readonly onProblem: (source: string, error: unknown) => void;
}

interface Ears {
  readonly post: (notice: MachineNotice) => void;
  readonly onProblem: (error: unknown) => void;
}
type Listen = (ears: Ears, signal: AbortSignal) => Promise<void>;

const LOOK_MS = 60_000;
const RETRY_MS = 1_000;
const QUEUE = /^https?:\/\/(?:sqs\.([a-z0-9-]+)\.|queue\.)?[^/]+\/.+/;

/** Listens until it is told to stop, and posts what it hears. Throws InputError where a source is none. */
export async function listenForNotices(request: NoticeRequest, signal: AbortSignal): Promise<NoticeBoard> {
  const { sources, view, agents } = request;
  const said = new Set<string>();
  const onProblem = (source: string, error: unknown) => {
    // Said once, not with every attempt.
    if (signal.aborted || said.has(source)) return;
    said.add(source);
    request.onProblem(source, error);
  };
  const listeners = sources.map((source) => ({ source, listen: listenerFor(source) }));
  const nodes = new Map<string, string>();
  let withAgents: readonly string[] = [];
  let tainted: ReadonlySet<string> = new Set();
  const take = ({ snapshot }: Awaited<ReturnType<LiveView['current']>>) => {
    nodes.clear();
    for (const { name, providerId } of snapshot.nodes) {
      const machine = machineAt(providerId);
      if (machine !== null) nodes.set(machine, name);
    }
    const written = snapshot.nodes.flatMap((node) => noticesOnNode(node, Date.now()));
    for (const notice of written) if (!tainted.has(notice.id)) board.post(notice);
    tainted = new Set(written.map(({ id }) => id));
    const hasAgent = ({ labels, ready }: (typeof snapshot.nodes)[number]) =>
      ready && labels[LABEL.restowAgent] === 'true';
    withAgents = snapshot.nodes.filter(hasAgent).map(({ name }) => name);
  };
  let live = await view.current(signal);
  const board = new NoticeBoard({ nodeOf: (machine) => nodes.get(machine) ?? null, now: Date.now });
  take(live);
  const look = async () => {
    while (!signal.aborted) {
      try {
        live = await view.changed(live.version, LOOK_MS, signal);
        take(live);
      } catch {
        // The cluster is away for a while: it is looked at again.
        await sleepMs(RETRY_MS, signal);
      }
    }
  };
  // Nobody waits for any of them: they end with the signal.
  look().catch(() => {});
  for (const { source, listen } of listeners) {
    const unheard = (error: unknown) => onProblem(source, error);
    listen({ post: (notice) => board.post(notice), onProblem: unheard }, signal).catch(unheard);
  }
  if (agents !== null) {
    const onNotice = (notice: Notice) => void board.post(notice);
    const source = new AgentNoticeSource({
      agents,
      nodes: () => withAgents,
      onNotice,
      onProblem: (node: string, error: unknown) => onProblem(`the agent of ${node}`, error),
    });
    source.listen(signal).catch(() => {});
  }
  return board;
}

/** Who is not heard could say that a node goes, and nobody would know. */
export function sayOnStderr(source: string, error: unknown): void {
  process.stderr.write(`restow: ${source} is not heard, and is asked again: ${(error as Error).message}\n`);
}

/** How a source is listened to. Throws InputError where it is none. */
export function listenerFor(source: string): Listen {
  const [kind = '', ...rest] = source.split(':');
  const place = rest.join(':');
  if (kind === 'sqs' && QUEUE.test(place)) {
    return async ({ post, onProblem }, signal) => {
      const { AwsClients, QueueNotices } = await import('@restow/aws');
      const clients = new AwsClients(QUEUE.exec(place)?.[1] ?? process.env.AWS_REGION ?? 'us-east-1');
      const onNotice = async (notice: MachineNotice) => post(notice);
      await new QueueNotices({ client: clients.sqs, queueUrl: place, onNotice, onProblem }).listen(signal);
    };
  }
  if (kind === 'gcp' && /^[a-z0-9-]+$/.test(place)) {
    return async ({ post, onProblem }, signal) => {
      const { GcpClients, PreemptedOperations } = await import('@restow/gcp');
      const clients = new GcpClients(place);
      await new PreemptedOperations({ clients, now: Date.now, onNotice: post, onProblem }).listen(signal);
    };
  }
  throw new InputError(`--notices ${source}: expected sqs:URL of a queue, or gcp:REGION`);
}

function machineAt(providerId: string | null): string | null {
  if (providerId === null) return null;
  for (const cloud of Object.values(CLOUDS)) {
    const found = cloud.machineAt(providerId);
    if (found !== null) return found.machine;
  }
  return null;
}
