import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import type { KubeConnection } from './connection.ts';
import { KubeApiError } from './errors.ts';
import { sleepMs } from './sleep.ts';
import { GONE, SERVER_ERROR, statusOf, TOO_MANY_REQUESTS } from './status.ts';

const pageSchema = z.object({
  metadata: z.object({ continue: z.string().optional(), resourceVersion: z.string().optional() }),
  items: z.array(z.unknown()).nullish(),
});

const PAGE = 500;
const TRIES = 5;
const FIRST_WAIT_MS = 200;
const PAGE_LIMIT_MS = 60_000;

export interface ListPage {
  readonly items: readonly unknown[];
  /** Of the list, the same on each of its pages: from there a watch goes on. */
  readonly resourceVersion: string;
}

/** A page as the server sent it, for whoever can do without parsing all of it. */
export interface ListPageText {
  readonly text: string;
  readonly resourceVersion: string;
  /** Parses it. Throws KubeApiError for what is no list. */
  items(): readonly unknown[];
}

export interface ListOptions {
  readonly signal: AbortSignal;
  readonly pageSize?: number;
  /** A query that selects, such as `labelSelector=app%3Dweb`. */
  readonly select?: string;
  /** Waits between tries; a test's own clock may come in here. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * All objects of a collection such as `/api/v1/pods`, a page at a time; the next page is on its way while one is read.
 * When the server has forgotten the list in between (410), what it can still say is read on without consistency over
 * pages, as kubectl does. Retries what may pass (429 with its Retry-After, 5xx, broken connections); throws KubeApiError
 * for the rest, with the status.
 */
export async function* listPages(
  connection: KubeConnection,
  path: string,
  options: ListOptions,
): AsyncGenerator<ListPage> {
  for await (const page of listPageTexts(connection, path, options)) {
    yield { items: page.items(), resourceVersion: page.resourceVersion };
  }
}

/** The same, unparsed as far as that goes. */
export async function* listPageTexts(
  connection: KubeConnection,
  path: string,
  options: ListOptions,
): AsyncGenerator<ListPageText> {
  const ask = (next: string | undefined) => {
    const query = new URLSearchParams({
      ...(options.select === undefined ? {} : Object.fromEntries(new URLSearchParams(options.select))),
      limit: String(options.pageSize ?? PAGE),
      ...(next === undefined ? {} : { continue: next }),
    });
    const asked = getPage(connection, `${path}?${query}`, options);
    // Whoever waits for it hears of a failure; perhaps nobody waits any more.
    asked.catch(() => {});
    return asked;
  };
  let coming: Promise<Page> | null = ask(undefined);
  while (coming !== null) {
    const { text, inconsistent } = await coming;
    if (inconsistent !== null) {
      coming = ask(inconsistent);
      continue;
    }
    const parse = () => {
      const page = pageSchema.safeParse(parsed(text));
      if (page.success) return page.data;
      throw new KubeApiError(`${connection.server}${path} answers with something that is no list`, null);
    };
    const early = peekMetadata(text);
    const page = early === null ? parse() : null;
    const { continue: next, resourceVersion = '' } = early ?? page!.metadata;
    coming = next ? ask(next) : null;
    // Or the request would leave only after this page has been worked on.
    if (coming !== null) await nextTurn();
    yield { text, resourceVersion, items: () => (page ?? parse()).items ?? [] };
  }
}

/** null for what is no JSON, such as a proxy's page. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** A list's metadata come before its items, so that it can be asked on before those are parsed. */
const HEAD = /^\{"kind":"\w+List","apiVersion":"[\w./]+","metadata":(\{[^{}]*\}),"items":/;

function peekMetadata(text: string): z.output<typeof pageSchema>['metadata'] | null {
  const [, metadata] = HEAD.exec(text.slice(0, 4096)) ?? [];
  return metadata === undefined ? null : pageSchema.shape.metadata.parse(JSON.parse(metadata));
}

interface Page {
  readonly text: string;
  /** Where to go on after the server has forgotten the list. */
  readonly inconsistent: string | null;
}

async function getPage(connection: KubeConnection, path: string, options: ListOptions): Promise<Page> {
  const sleep = options.sleep ?? sleepMs;
  let failure: KubeApiError | null = null;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    let waitMs = FIRST_WAIT_MS * 2 ** attempt;
    try {
      const signal = AbortSignal.any([options.signal, AbortSignal.timeout(PAGE_LIMIT_MS)]);
      const { status, headers, body } = await connection.get(path, signal);
      const text = await body.text();
      if (status === 200) return { text, inconsistent: null };
      const said = statusOf(text);
      if (status === GONE && said.continue !== null) return { text, inconsistent: said.continue };
      failure = new KubeApiError(`${connection.server}${path}: ${status} ${said.message}`, status);
      if (status !== TOO_MANY_REQUESTS && status < SERVER_ERROR) throw failure;
      const after = Number(headers['retry-after']);
      if (Number.isFinite(after)) waitMs = Math.max(waitMs, after * 1000);
    } catch (error) {
      if (options.signal.aborted || error === failure) throw error;
      failure = new KubeApiError(`${connection.server}${path}: ${(error as Error).message}`, null, { cause: error });
    }
    await sleep(waitMs, options.signal);
  }
  throw failure!;
}
