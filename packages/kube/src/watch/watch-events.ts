import { z } from 'zod';
import type { KubeConnection } from '../connection.ts';
import { KubeApiError } from '../errors.ts';

const eventSchema = z.object({
  type: z.enum(['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']),
  object: z.looseObject({
    metadata: z
      .looseObject({
        name: z.string().optional(),
        namespace: z.string().optional(),
        resourceVersion: z.string().optional(),
      })
      .optional(),
    code: z.int().optional(),
    message: z.string().optional(),
  }),
});

export type WatchEvent = z.infer<typeof eventSchema>;

/** The server ends a watch after this; it then goes on from where it was. */
const WATCH_SECONDS = 240;
/** Bookmarks come about once a minute, so that a longer silence is a dead connection. */
const SILENCE_MS = 150_000;

/**
 * Events of a collection after `resourceVersion`, with bookmarks, until the server ends the watch. `onOpen` is called
 * when the server has taken it on. Throws KubeApiError: with status 410 when the version is too old and the collection
 * must be listed again.
 */
export async function* watchEvents(
  connection: KubeConnection,
  path: string,
  resourceVersion: string,
  signal: AbortSignal,
  onOpen: () => void,
): AsyncGenerator<WatchEvent> {
  const query = new URLSearchParams({
    watch: '1',
    allowWatchBookmarks: 'true',
    resourceVersion,
    timeoutSeconds: String(WATCH_SECONDS),
  });
  const silence = new AbortController();
  const silenced = () => silence.abort(new Error(`nothing was heard for ${SILENCE_MS} ms`));
  let timer = setTimeout(silenced, SILENCE_MS);
  try {
    const bounded = AbortSignal.any([signal, silence.signal]);
    const { status, body } = await connection.send({ method: 'GET', path: `${path}?${query}`, isWatch: true }, bounded);
    if (status !== 200) {
      const text = await body.text();
      throw new KubeApiError(`watch of ${connection.server}${path}: ${status} ${text.slice(0, 200)}`, status);
    }
    onOpen();
    let rest = '';
    const decoder = new TextDecoder();
    for await (const chunk of body) {
      clearTimeout(timer);
      timer = setTimeout(silenced, SILENCE_MS);
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
      rest = lines.pop()!;
      for (const line of lines) {
        const event = eventSchema.parse(JSON.parse(line));
        if (event.type === 'ERROR') {
          const { code, message } = event.object;
          throw new KubeApiError(`watch of ${connection.server}${path}: ${code} ${message}`, code ?? null);
        }
        yield event;
      }
    }
  } finally {
    clearTimeout(timer);
  }
}
