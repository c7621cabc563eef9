import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import { OutageError } from '@restow/executor';
import type { z } from 'zod';
import { type Credentials, serverNameOf } from './credentials.ts';
import { errorAnswer, WIRE_VERSION } from './messages.ts';

const CONNECT_MS = 5_000;
const PING_MS = 5_000;
const JSON_BYTES = 2 ** 20;
/** HTTP/2 starts with 64 KiB in flight, which a checkpoint would spend its time waiting for. */
export const WINDOW_BYTES = 2 ** 24;
export const FRAME_BYTES = 2 ** 17;

export interface AgentCall<Answer> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly answer: z.ZodType<Answer>;
  readonly limitMs: number;
}

/** Writes a body; each write resolves when its bytes are of no use any more. */
export type Send = (write: (bytes: Buffer) => Promise<void>) => Promise<void>;

/** One agent, over one connection: TLS 1.3, each side sure of the other. Every failure to reach it is an OutageError. */
export class AgentConnection {
  readonly #session: ClientHttp2Session;
  readonly #name: string;

  private constructor(session: ClientHttp2Session, name: string) {
    this.#session = session;
    this.#name = name;
  }

  /** `node`: whose certificate it must be; `url`: `https://ADDRESS:PORT`. */
  static async open(node: string, url: string, credentials: Credentials): Promise<AgentConnection> {
    const { authority, certificate, key } = credentials;
    const name = `the agent of ${node} (${url})`;
    const session = connect(url, {
      ca: authority,
      cert: certificate,
      key,
      servername: serverNameOf(node),
      minVersion: 'TLSv1.3',
      settings: { initialWindowSize: WINDOW_BYTES, maxFrameSize: FRAME_BYTES },
    });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new OutageError(`${name} does not answer`)), CONNECT_MS);
      session.once('connect', () => resolve());
      session.once('error', (error) => reject(new OutageError(`${name}: ${error.message}`, { cause: error })));
      session.once('close', () => reject(new OutageError(`${name} has closed the connection`)));
      for (const event of ['connect', 'error', 'close']) session.once(event, () => clearTimeout(timer));
    }).catch((error) => {
      session.destroy();
      throw error;
    });
    // What goes wrong later is told to whoever waits for an answer.
    session.on('error', () => {});
    watchOver(session, name);
    return new AgentConnection(session, name);
  }

  get isClosed(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  close(): void {
    this.#session.destroy();
  }

  async call<Answer>({ method, path, body, answer, limitMs }: AgentCall<Answer>, signal: AbortSignal): Promise<Answer> {
    const text = body === undefined ? null : JSON.stringify({ version: WIRE_VERSION, ...body });
    return answer.parse(
      await this.#exchange(method, path, text, AbortSignal.any([signal, AbortSignal.timeout(limitMs)])),
    );
  }

  /** Sends raw bytes as fast as the other side takes them, and waits for its answer. */
  async upload<Answer>(path: string, send: Send, answer: z.ZodType<Answer>, signal: AbortSignal): Promise<Answer> {
    return answer.parse(await this.#exchange('PUT', path, send, signal));
  }

  async #exchange(method: string, path: string, body: string | null | Send, signal: AbortSignal): Promise<unknown> {
    const failed = (error: unknown) =>
      new OutageError(`${this.#name}: ${method} ${path}: ${(error as Error).message}`, { cause: error });
    if (this.isClosed) throw failed(new Error('the connection is closed'));
    const over = Promise.withResolvers<never>();
    const onClose = () => over.reject(new Error('the connection was closed'));
    // Told to whoever waits below, if anybody still does.
    over.promise.catch(() => {});
    this.#session.once('close', onClose);
    try {
      return await Promise.race([this.#converse(method, path, body, signal), over.promise]);
    } catch (error) {
      throw failed(signal.aborted ? signal.reason : error);
    } finally {
      this.#session.off('close', onClose);
    }
  }

  async #converse(method: string, path: string, body: string | null | Send, signal: AbortSignal): Promise<unknown> {
    let status = 0;
    let text = '';
    try {
      const headers = { ':method': method, ':path': path, 'content-type': 'application/json' };
      const stream = this.#session.request(headers, { signal, endStream: body === null });
      // An abort also breaks a stream that has had its answer and is about to close.
      stream.on('error', () => {});
      // A refusal may come before everything is sent.
      const sending = sendBody(stream, body).then(
        () => null,
        (error: unknown) => error,
      );
      stream.on('response', (received) => {
        status = received[':status'] ?? 0;
      });
      stream.setEncoding('utf8');
      for await (const chunk of stream) {
        text += chunk as string;
        if (text.length > JSON_BYTES) throw new Error('its answer is too long');
      }
      const broken = await sending;
      if (status === 200 && broken !== null) throw broken;
    } catch (error) {
      if (status === 0 || status === 200) throw error;
    }
    if (status !== 200) throw new Error(`${status} ${problemIn(text)}`);
    return JSON.parse(text);
  }
}

async function sendBody(stream: ClientHttp2Stream, body: string | null | Send): Promise<void> {
  if (typeof body === 'string') stream.end(body);
  if (typeof body !== 'function') return;
  const write = (bytes: Buffer) =>
    new Promise<void>((resolve, reject) => {
      stream.write(bytes, (error) => (error == null ? resolve() : reject(error)));
    });
  try {
    await body(write);
    stream.end();
  } catch (error) {
    // The other side must not take what has come for all of it.
    stream.destroy(error as Error);
    throw error;
  }
}

/** Whoever does not answer a ping until the next is due is gone, whatever the kernel still believes. */
function watchOver(session: ClientHttp2Session, name: string): void {
  let isAnswered = true;
  const timer = setInterval(() => {
    if (!isAnswered) session.destroy(new OutageError(`${name} has fallen silent`));
    if (session.destroyed) return;
    isAnswered = false;
    session.ping(() => {
      isAnswered = true;
    });
  }, PING_MS);
  timer.unref();
  // A session with a stream that cannot be written any more does not end by itself.
  session.socket.once('close', () => session.destroy(new OutageError(`${name} has closed the connection`)));
  session.once('close', () => clearInterval(timer));
}

function problemIn(text: string): string {
  try {
    return errorAnswer.parse(JSON.parse(text)).error;
  } catch {
    return text.slice(0, 200);
  }
}
