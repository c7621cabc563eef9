import { hostname } from 'node:os';
import type { Clock, MachineGroups, NoticeSource, Reason, RunPorts } from '@restow/executor';
import { type ClusterChoice, ClusterLease, KubeApi, KubeConnection, sleepMs } from '@restow/kube';
import type { PhaseListener } from '@restow/migration';
import { InputError, type PriceBook } from '@restow/model';
import { PriceLookup } from '@restow/pricing';
import { LiveView } from '@restow/snapshotter';
import { adaptersOver } from './adapters.ts';
import { openLiveMoves } from './live-moves.ts';
import { openMachineGroups } from './machine-groups.ts';
import { listenForNotices, sayOnStderr } from './notice-sources.ts';

export const FIELD_MANAGER = 'restow';
const OPEN_LIMIT_MS = 10 * 60_000;

const URGENT = ' urgent';

const machineClock: Clock = { now: () => Date.now(), sleep: sleepMs };

/** A cluster under our lease. */
export interface OpenCluster {
  readonly connection: KubeConnection;
  readonly ports: Omit<RunPorts, 'planner' | 'journal' | 'onRecord'>;
  readonly groups: readonly MachineGroups[];
  /** Aborted when the lease is lost. */
  readonly lost: AbortSignal;
  /** Why the run shall stop; null while it need not. */
  readonly paused: () => Reason | null;
  close(): Promise<void>;
}

export interface OpenRequest {
  readonly choice: ClusterChoice;
  readonly runId: string;
  readonly book: PriceBook;
  /** A person's word weighs more than a pause. */
  readonly evenIfPaused: boolean;
  /** A run that is not urgent breaks off for it, and can be resumed. */
  readonly isUrgent: boolean;
  /** Who is listened to about nodes that go, besides the agents. */
  readonly notices: readonly string[] | NoticeSource;
  /** Told how far pods are that are moved live. */
  readonly onPhase?: PhaseListener;
}

/** Connects, takes the lease and reads everything. Throws InputError when the cluster is somebody else's now. */
export async function openCluster(request: OpenRequest): Promise<OpenCluster> {
  const { choice, runId, book, evenIfPaused, isUrgent, notices, onPhase = () => {} } = request;
  const signal = AbortSignal.timeout(OPEN_LIMIT_MS);
  const connection = await KubeConnection.open(choice, `restow run=${runId}`);
  const apiWith = (fence: () => void) => new KubeApi(connection, { fieldManager: FIELD_MANAGER, dryRun: false, fence });
  const clock = { now: () => Date.now(), monotonic: () => performance.now() };
  const name = `run=${runId}`;
  const holder = `${name} host=${hostname()} pid=${process.pid}${isUrgent ? URGENT : ''}`;
  const mayBreakOff = (other: string) => isUrgent && !other.endsWith(URGENT);
  // The journal's lock says that the process before this one is dead.
  const isPredecessor = (other: string) => other.startsWith(`${name} host=${hostname()} `);
  let lease: ClusterLease;
  try {
    const free = apiWith(() => {});
    const taken = await ClusterLease.acquire(free, clock, { holder, isPredecessor, mayBreakOff, evenIfPaused }, signal);
    if (!taken.ok) throw new InputError(`${taken.reason}; nothing was begun`);
    lease = taken.lease;
  } catch (error) {
    await connection.close();
    throw error;
  }
  try {
    const api = apiWith(() => lease.assertHeld());
    const view = await LiveView.open(connection, Date.now, signal);
    const lookup = new PriceLookup(book);
    const deaf = new AbortController();
    const live = await openLiveMoves(api, onPhase, signal);
    const groups = await openMachineGroups((await view.current(signal)).snapshot);
    const ports = {
      clock: machineClock,
      view,
      ...adaptersOver(api, groups, live === null ? [] : [live.mover]),
      notices:
        'current' in notices
          ? notices
          : await listenForNotices(
              { sources: notices, view, agents: live?.agents ?? null, onProblem: sayOnStderr },
              AbortSignal.any([deaf.signal, lease.lost]),
            ),
      priceOf: (node: Parameters<RunPorts['priceOf']>[0]) => lookup.priceOf(node)?.microsPerHour ?? null,
    };
    const paused = (): Reason | null => {
      const why = evenIfPaused ? null : lease.paused;
      return why === null ? null : { code: 'paused', message: `runs on this cluster are paused: ${why}` };
    };
    const close = async () => {
      deaf.abort();
      live?.agents.close();
      await view.close();
      await lease.release(AbortSignal.timeout(OPEN_LIMIT_MS)).catch(() => {});
      await connection.close();
    };
    return { connection, ports, groups, lost: lease.lost, paused, close };
  } catch (error) {
    await lease.release(signal).catch(() => {});
    await connection.close();
    throw error;
  }
}
