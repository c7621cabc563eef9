import { OutageError } from '@restow/executor';
import { z } from 'zod';
import type { KubeConnection, KubeRequest } from '../connection.ts';
import { KubeApiError } from '../errors.ts';
import { listPages } from '../list-pages.ts';
import { NOT_FOUND, SERVER_ERROR, statusOf, TOO_MANY_REQUESTS } from '../status.ts';

export const metadataSchema = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  resourceVersion: z.string(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().nullish(),
  labels: z.record(z.string(), z.string()).nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
  ownerReferences: z
    .array(
      z.looseObject({
        apiVersion: z.string(),
        kind: z.string(),
        name: z.string(),
        uid: z.string(),
        controller: z.boolean().optional(),
      }),
    )
    .nullish(),
});

/** What every object has; the rest is whatever it is. */
export const objectSchema = z.looseObject({ metadata: metadataSchema });
export type KubeObject = z.infer<typeof objectSchema>;

/** The API server's answer to a change. */
export type WriteAnswer =
  | { readonly ok: true; readonly object: unknown }
  | {
      readonly ok: false;
      readonly status: number;
      readonly message: string;
      readonly causes: readonly string[];
      readonly retryAfterMs: number | null;
    };

export interface KubeApiOptions {
  /** Who is named as having set a field. */
  readonly fieldManager: string;
  /** The API server judges every change and makes none. */
  readonly dryRun: boolean;
  /** Called before every change; throws when nothing may be changed any more. */
  readonly fence: () => void;
}

const REQUEST_LIMIT_MS = 30_000;
/** A proxy or the server itself is not up to it just now; 429 and 500 say that only of reads. */
const PASSING: ReadonlySet<number> = new Set([502, 503, 504]);
const PASSING_READ: ReadonlySet<number> = new Set([TOO_MANY_REQUESTS, SERVER_ERROR]);

/**
 * Reads single objects and changes them, under a fence. A change is sent once: what became of one that was cut off is
 * for the caller to find out, who is told by an OutageError.
 */
export class KubeApi {
  readonly #connection: KubeConnection;
  readonly #options: KubeApiOptions;

  constructor(connection: KubeConnection, options: KubeApiOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  get isDryRun(): boolean {
    return this.#options.dryRun;
  }

  get fieldManager(): string {
    return this.#options.fieldManager;
  }

  /** null when there is no such object. Throws OutageError when it cannot be said, KubeApiError when it may not. */
  async read(path: string, signal: AbortSignal): Promise<KubeObject | null> {
    const { status, text } = await this.#send({ method: 'GET', path }, signal);
    if (status === NOT_FOUND) return null;
    if (PASSING_READ.has(status)) throw new OutageError(`${path}: ${status} ${text.slice(0, 300)}`);
    if (status !== 200) throw new KubeApiError(`${path}: ${status} ${text.slice(0, 300)}`, status);
    return objectSchema.parse(JSON.parse(text));
  }

  /** Every object of a collection; none where the cluster does not serve it. */
  async list(path: string, signal: AbortSignal): Promise<KubeObject[]> {
    const [collection, query] = path.split('?') as [string, string | undefined];
    const objects: KubeObject[] = [];
    try {
      const options = { signal, ...(query === undefined ? {} : { select: query }) };
      for await (const { items } of listPages(this.#connection, collection, options)) {
        for (const item of items) objects.push(objectSchema.parse(item));
      }
    } catch (error) {
      if (!(error instanceof KubeApiError)) throw error;
      if (error.status === NOT_FOUND) return [];
      // After its retries.
      if (error.status === null || error.status === TOO_MANY_REQUESTS || error.status >= SERVER_ERROR) {
        throw new OutageError(error.message, { cause: error });
      }
      throw error;
    }
    return objects;
  }

  create(path: string, body: object, signal: AbortSignal): Promise<WriteAnswer> {
    return this.#write({ method: 'POST', path, body }, signal);
  }

  replace(path: string, body: object, signal: AbortSignal): Promise<WriteAnswer> {
    return this.#write({ method: 'PUT', path, body }, signal);
  }

  /** A merge patch: `metadata.uid` and `metadata.resourceVersion` in it are preconditions. */
  patch(path: string, body: object, signal: AbortSignal): Promise<WriteAnswer> {
    return this.#write({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }, signal);
  }

  /** Only the object with this UID is deleted; `gracePeriodSeconds`: of a pod, in place of its own. */
  delete(path: string, uid: string, signal: AbortSignal, gracePeriodSeconds?: number): Promise<WriteAnswer> {
    // The server reads a deletion's options from its body alone, and then not from the query.
    const dryRun = this.#options.dryRun ? { dryRun: ['All'] } : {};
    const grace = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, ...grace, ...dryRun };
    return this.#write({ method: 'DELETE', path, body }, signal);
  }

  async #write(request: KubeRequest, signal: AbortSignal): Promise<WriteAnswer> {
    const { dryRun, fieldManager, fence } = this.#options;
    const query = new URLSearchParams({
      ...(request.method === 'DELETE' ? {} : { fieldManager }),
      ...(dryRun ? { dryRun: 'All' } : {}),
    });
    fence();
    const { status, text, retryAfter } = await this.#send({ ...request, path: `${request.path}?${query}` }, signal);
    if (status < 300) return { ok: true, object: JSON.parse(text) };
    const { message, causes } = statusOf(text);
    const seconds = Number(retryAfter);
    return {
      ok: false,
      status,
      message,
      causes,
      retryAfterMs: Number.isFinite(seconds) && retryAfter !== undefined ? seconds * 1000 : null,
    };
  }

  async #send(
    request: KubeRequest,
    signal: AbortSignal,
  ): Promise<{ readonly status: number; readonly text: string; readonly retryAfter: string | undefined }> {
    const what = `${request.method} ${this.#connection.server}${request.path.split('?')[0]}`;
    let answer: { status: number; text: string; retryAfter: string | undefined };
    try {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_LIMIT_MS)]);
      const { status, headers, body } = await this.#connection.send(request, bounded);
      const after = headers['retry-after'];
      answer = { status, text: await body.text(), retryAfter: Array.isArray(after) ? after[0] : after };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      throw new OutageError(`${what}: ${(error as Error).message}`, { cause: error });
    }
    if (PASSING.has(answer.status)) throw new OutageError(`${what}: ${answer.status} ${answer.text.slice(0, 200)}`);
    return answer;
  }
}
