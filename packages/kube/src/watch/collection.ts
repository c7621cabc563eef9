import { isDeepStrictEqual } from 'node:util';
import type { KubeConnection } from '../connection.ts';
import { KubeApiError } from '../errors.ts';
import { listPages } from '../list-pages.ts';
import { sleepMs } from '../sleep.ts';
import { GONE } from '../status.ts';
import { type WatchEvent, watchEvents } from './watch-events.ts';

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5000;

interface Kept<Item> {
  readonly resourceVersion: string;
  /** null: the object does not count. */
  readonly item: Item | null;
}

export interface CollectionOptions<Item> {
  /** Such as `/api/v1/pods`. */
  readonly path: string;
  readonly project: (object: unknown) => Item | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Called after every change, and when the connection comes or goes. */
  readonly onChange: () => void;
}

/**
 * All objects of a collection, kept up to date by a watch that goes on after time-outs, broken connections and
 * forgotten versions. An object that has not changed keeps its projection. How a watch may end: the server's time-out
 * (goes on from the last version), 410 (listed again), anything else (tried again, with growing waits).
 */
export class Collection<Item> {
  readonly #connection: KubeConnection;
  readonly #options: CollectionOptions<Item>;
  readonly #stop = new AbortController();
  #kept = new Map<string, Kept<Item>>();
  #resourceVersion: string | null = null;
  #failure: Error | null = null;
  #lostAt: number | null = null;
  #ended: Promise<void> = Promise.resolve();

  private constructor(connection: KubeConnection, options: CollectionOptions<Item>) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Lists the collection and begins to watch it. Throws KubeApiError when that cannot be had. */
  static async open<Item>(
    connection: KubeConnection,
    options: CollectionOptions<Item>,
    signal: AbortSignal,
  ): Promise<Collection<Item>> {
    const collection = new Collection(connection, options);
    await collection.#list(signal);
    collection.#ended = collection.#follow();
    return collection;
  }

  *items(): Generator<Item> {
    for (const { item } of this.#kept.values()) if (item !== null) yield item;
  }

  /** Since when there is no watch (ms since the epoch); null while there is one. */
  get lostAt(): number | null {
    return this.#lostAt;
  }

  /** Why there is none. */
  get failure(): Error | null {
    return this.#failure;
  }

  async close(): Promise<void> {
    this.#stop.abort(new Error('closed'));
    await this.#ended;
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    let waitMs = FIRST_WAIT_MS;
    while (!signal.aborted) {
      const begunAt = this.#options.now();
      try {
        if (this.#resourceVersion === null) await this.#list(signal);
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#lost(error as Error);
        if (error instanceof KubeApiError && error.status === GONE) this.#resourceVersion = null;
        // One that was well until now is not to blame; a server that says no at once is not asked for everything at once.
        if (this.#options.now() - begunAt > LONGEST_WAIT_MS) waitMs = FIRST_WAIT_MS;
        await sleepMs(waitMs, signal).catch(() => {});
        waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const before = this.#kept;
    const kept = new Map<string, Kept<Item>>();
    let version = '';
    for await (const { items, resourceVersion } of listPages(this.#connection, this.#options.path, { signal })) {
      version = resourceVersion;
      for (const object of items) {
        const { key, resourceVersion: own } = identityOf(object);
        const known = before.get(key);
        const isSame = known !== undefined && known.resourceVersion === own;
        kept.set(key, isSame ? known : { resourceVersion: own, item: this.#options.project(object) });
      }
    }
    this.#kept = kept;
    this.#resourceVersion = version;
    this.#options.onChange();
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const opened = () => {
      this.#lostAt = null;
      this.#failure = null;
      this.#options.onChange();
    };
    const { path } = this.#options;
    for await (const event of watchEvents(this.#connection, path, this.#resourceVersion!, signal, opened)) {
      this.#take(event);
    }
  }

  #take({ type, object }: WatchEvent): void {
    const { key, resourceVersion } = identityOf(object);
    const isChange = type !== 'BOOKMARK' && this.#keep(type, key, resourceVersion, object);
    // Only now: what could not be read must not be passed over when the watch goes on.
    this.#resourceVersion = resourceVersion;
    if (isChange) this.#options.onChange();
  }

  /** Says whether anything is different now; a heartbeat is no change. */
  #keep(type: WatchEvent['type'], key: string, resourceVersion: string, object: unknown): boolean {
    if (type === 'DELETED') return this.#kept.delete(key);
    const before = this.#kept.get(key);
    const item = this.#options.project(object);
    const isSame = before !== undefined && isDeepStrictEqual(before.item, item);
    this.#kept.set(key, { resourceVersion, item: isSame ? before.item : item });
    return !isSame;
  }

  #lost(error: Error): void {
    this.#failure = error;
    this.#lostAt ??= this.#options.now();
    this.#options.onChange();
  }
}

function identityOf(object: unknown): { readonly key: string; readonly resourceVersion: string } {
  const { metadata } = object as {
    metadata?: { name?: string; namespace?: string; resourceVersion?: string };
  };
  const { name = '', namespace = '', resourceVersion = '' } = metadata ?? {};
  return { key: `${namespace}/${name}`, resourceVersion };
}
