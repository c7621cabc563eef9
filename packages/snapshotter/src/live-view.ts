import { type ClusterView, type LiveCluster, OutageError } from '@restow/executor';
import { Collection, KubeApiError, type KubeConnection } from '@restow/kube';
import type { Gap } from '@restow/model';
import { apiObjectOf } from './api-list.ts';
import { COLLECTIONS, type CollectionOfKind, groupOf, unreadable } from './collections.ts';
import { Polled } from './polled.ts';
import { ClusterProjection } from './project/cluster.ts';
import { KINDS, type Kind, type Projected } from './project/kinds.ts';

/** A watch may be away so long, while it is opened again, before what is known counts as out of date. */
const LOST_MS = 5000;
/** A server that is well answers this at once. */
const ASK_MS = 5000;

interface Watched {
  readonly of: CollectionOfKind;
  readonly collection: Collection<Projected[Kind]> | Polled<Projected[Kind]>;
}

/** The cluster as its watches know it. */
export class LiveView implements ClusterView {
  readonly #connection: KubeConnection;
  readonly #now: () => number;
  readonly #gaps: Gap[] = [];
  readonly #watched: Watched[] = [];
  readonly #waiting = new Set<() => void>();
  #version = 1;
  #live: LiveCluster | null = null;

  private constructor(connection: KubeConnection, now: () => number) {
    this.#connection = connection;
    this.#now = now;
  }

  /** Reads the whole cluster and watches it from then on. Throws KubeApiError when nodes or pods cannot be read. */
  static async open(connection: KubeConnection, now: () => number, signal: AbortSignal): Promise<LiveView> {
    const view = new LiveView(connection, now);
    try {
      // All of it is read before anything waits: a pod that is heard of runs on a node that is.
      for (const collection of COLLECTIONS) await view.#watch(connection, collection, signal);
    } catch (error) {
      await view.close();
      throw error;
    }
    return view;
  }

  async current(signal: AbortSignal): Promise<LiveCluster> {
    signal.throwIfAborted();
    for (const { of, collection } of this.#watched) {
      if (collection instanceof Polled) continue;
      const { lostAt, failure } = collection;
      if (lostAt === null || this.#now() - lostAt < LOST_MS) continue;
      throw new OutageError(`objects of kind ${of.kind} cannot be watched: ${failure?.message}`, { cause: failure });
    }
    if (this.#live?.version !== this.#version) this.#live = this.#assemble();
    return this.#live;
  }

  async changed(version: number, timeoutMs: number, signal: AbortSignal): Promise<LiveCluster> {
    if (this.#version === version) await this.#nextChange(timeoutMs, signal);
    return this.current(signal);
  }

  async ask(signal: AbortSignal): Promise<void> {
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]);
    try {
      const { body } = await this.#connection.get('/version', bounded);
      await body.text();
    } catch (error) {
      signal.throwIfAborted();
      throw new OutageError(`the API server does not answer: ${(error as Error).message}`, { cause: error });
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#watched.map(({ collection }) => collection.close()));
  }

  async #watch(connection: KubeConnection, of: CollectionOfKind, signal: AbortSignal): Promise<void> {
    const { kind, path } = of;
    const group = groupOf(path);
    const project = (body: unknown) => KINDS[kind].project(apiObjectOf(body, kind, group, connection.server, path));
    const onChange = () => this.#changed();
    try {
      const collection = await (of.watch === false
        ? Polled.open(connection, path, project, signal)
        : Collection.open(connection, { path, project, now: this.#now, onChange }, signal));
      this.#watched.push({ of, collection });
    } catch (error) {
      const missing = error instanceof KubeApiError ? unreadable(of, error.status) : null;
      if (missing === null) throw error;
      if (missing.gap !== null) this.#gaps.push(missing.gap);
    }
  }

  #changed(): void {
    this.#version++;
    for (const wake of this.#waiting) wake();
  }

  async #nextChange(timeoutMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', onAbort);
      };
      const wake = () => {
        end();
        resolve();
      };
      const onAbort = () => {
        end();
        reject(signal.reason);
      };
      const timer = setTimeout(wake, timeoutMs);
      this.#waiting.add(wake);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #assemble(): LiveCluster {
    const projection = new ClusterProjection('live');
    const readySince = new Map<string, number>();
    for (const { of, collection } of this.#watched) {
      for (const item of collection.items()) {
        projection.put(of.kind, item);
        if (of.kind !== 'Pod') continue;
        const { pod, readySince: since } = item as Projected['Pod'];
        if (since !== null) readySince.set(pod.uid, since);
      }
    }
    const snapshot = projection.snapshot();
    return { version: this.#version, snapshot: { ...snapshot, gaps: [...this.#gaps, ...snapshot.gaps] }, readySince };
  }
}
