import { type KubeConnection, listPages } from '@restow/kube';

const EVERY_MS = 60_000;

/** A collection that cannot be watched: read once, and again every minute; what was read last stands where that fails. */
export class Polled<Item> {
  #items: readonly Item[] = [];
  #timer: NodeJS.Timeout | null = null;
  readonly #stop = new AbortController();

  /** Throws KubeApiError when it cannot be read at first. */
  static async open<Item>(
    connection: KubeConnection,
    path: string,
    project: (body: unknown) => Item | null,
    signal: AbortSignal,
  ): Promise<Polled<Item>> {
    const polled = new Polled<Item>();
    const read = async (by: AbortSignal) => {
      const items: Item[] = [];
      for await (const page of listPages(connection, path, { signal: by })) {
        for (const body of page.items) {
          const item = project(body);
          if (item !== null) items.push(item);
        }
      }
      polled.#items = items;
    };
    await read(AbortSignal.any([signal, polled.#stop.signal]));
    polled.#timer = setInterval(() => {
      // Older measurements are better than none.
      read(polled.#stop.signal).catch(() => {});
    }, EVERY_MS).unref();
    return polled;
  }

  items(): readonly Item[] {
    return this.#items;
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#stop.abort();
  }
}
