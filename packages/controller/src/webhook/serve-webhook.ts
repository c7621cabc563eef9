import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { Collection, type KubeApi, type KubeConnection } from '@restow/kube';
import { ARMED_ANNOTATION, type Credentials, INTENT_COLLECTION, intentOf } from '@restow/migration';
import type { Logger } from 'pino';
import { admissionReviewSchema, allowed, newPodSchema } from './admission-review.ts';
import { isMeant, steer } from './steer-pod.ts';

export interface WebhookOptions {
  readonly connection: KubeConnection;
  readonly api: KubeApi;
  readonly credentials: Credentials;
  readonly listen: { readonly host: string; readonly port: number };
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Logger;
}

export interface RunningWebhook {
  close(): Promise<void>;
}

type Known = NonNullable<ReturnType<typeof intentOf>>;

const MOST_BYTES = 8 * 2 ** 20;
const OPEN_MS = 60_000;
const CONFIRM_MS = 10_000;

/**
 * Answers the API server about new pods: those that somebody waits for get one node, all others nothing. Every intent
 * that it has come to know it says so of, which is what lets a move begin.
 */
export async function serveWebhook(options: WebhookOptions): Promise<RunningWebhook> {
  const { connection, api, credentials, listen, now, log } = options;
  const confirmed = new Set<string>();
  let known: Collection<Known> | null = null;
  const confirm = () => {
    for (const { name, uid } of known?.items() ?? []) {
      if (confirmed.has(uid)) continue;
      confirmed.add(uid);
      const metadata = { uid, annotations: { [ARMED_ANNOTATION]: uid } };
      api.patch(`${INTENT_COLLECTION}/${name}`, { metadata }, AbortSignal.timeout(CONFIRM_MS)).then(
        () => log.info({ name }, 'armed'),
        (error) => {
          confirmed.delete(uid);
          log.warn({ err: error, name }, 'an intent could not be confirmed');
        },
      );
    }
  };
  const intents = await Collection.open<Known>(
    connection,
    { path: INTENT_COLLECTION, project: intentOf, now, onChange: () => queueMicrotask(confirm) },
    AbortSignal.timeout(OPEN_MS),
  );
  known = intents;
  confirm();
  const review = (text: string): object => {
    const { request } = admissionReviewSchema.parse(JSON.parse(text));
    const pod = newPodSchema.parse(request.object);
    const meant = [...intents.items()].filter(({ intent }) => isMeant(intent, request.namespace, pod, now()));
    // What somebody has left behind is older.
    const [found] = meant.sort((one, other) => other.intent.expiresAt - one.intent.expiresAt);
    if (found === undefined) return allowed(request.uid, []);
    const { move, node } = found.intent;
    log.info({ move, node, namespace: request.namespace, pod: pod.metadata.name }, 'steered');
    return allowed(request.uid, steer(pod, found.intent));
  };
  const server = createServer(
    { cert: credentials.certificate, key: credentials.key, minVersion: 'TLSv1.2' },
    (request, response) => void respond(request, response, review, log),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, resolve);
  });
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await intents.close();
  };
  return { close };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  review: (text: string) => object,
  log: Logger,
): Promise<void> {
  const send = (status: number, body: object) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (request.url === '/healthz') return send(200, { ok: true });
  if (request.method !== 'POST' || request.url?.split('?')[0] !== '/steer')
    return send(404, { error: 'nothing is here' });
  try {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) {
      text += chunk as string;
      if (text.length > MOST_BYTES) return send(413, { error: 'that is too long' });
    }
    send(200, review(text));
  } catch (error) {
    // The API server makes the pod without it.
    log.error({ err: error }, 'a review could not be answered');
    send(400, { error: (error as Error).message });
  }
}
