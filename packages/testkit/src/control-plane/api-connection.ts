import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';

/** An answer of the API server that is no success. */
export class ApiAnswerError extends Error {
  readonly status: number;

  constructor(status: number, what: string, body: string) {
    super(`${what}: ${status} ${body.slice(0, 500)}`);
    this.status = status;
  }
}

/** Raw requests to an API server as a kubeconfig's client, over connections that stay open. For tests. */
export class ApiConnection {
  readonly #server: URL;
  readonly #agent: Agent;

  private constructor(server: URL, agent: Agent) {
    this.#server = server;
    this.#agent = agent;
  }

  /** With a kubeconfig as `startControlPlane` writes it. */
  static async open(kubeconfig: string): Promise<ApiConnection> {
    const { clusters, users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as {
      clusters: [{ cluster: Record<string, string> }];
      users: [{ user: Record<string, string> }];
    };
    const decoded = (text: string | undefined) => Buffer.from(text ?? '', 'base64');
    const { cluster } = clusters[0];
    const { user } = users[0];
    const agent = new Agent({
      keepAlive: true,
      ca: decoded(cluster['certificate-authority-data']),
      cert: decoded(user['client-certificate-data']),
      key: decoded(user['client-key-data']),
    });
    return new ApiConnection(new URL(cluster.server!), agent);
  }

  /** The answer's JSON; throws ApiAnswerError for anything but success. */
  async call<Answer = unknown>(
    method: string,
    path: string,
    body?: object,
    contentType = 'application/json',
  ): Promise<Answer> {
    const response = await this.#send(method, path, body === undefined ? undefined : JSON.stringify(body), contentType);
    let text = '';
    for await (const part of response.setEncoding('utf8')) text += part;
    const { statusCode = 0 } = response;
    if (statusCode >= 300) throw new ApiAnswerError(statusCode, `${method} ${path}`, text);
    return JSON.parse(text) as Answer;
  }

  /** Calls back with every event of a watch until `signal` is aborted. */
  async watch(
    path: string,
    signal: AbortSignal,
    onEvent: (event: { type: string; object: unknown }) => void,
  ): Promise<void> {
    const response = await this.#send('GET', path, undefined, 'application/json', signal);
    let rest = '';
    try {
      for await (const part of response.setEncoding('utf8')) {
        const lines = (rest + part).split('\n');
        rest = lines.pop()!;
        for (const line of lines) onEvent(JSON.parse(line));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #send(
    method: string,
    path: string,
    body: string | undefined,
    contentType: string,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    // Without its length Node sends a DELETE's body as if it were the next request.
    const length = { 'content-type': contentType, 'content-length': Buffer.byteLength(body ?? '') };
    const headers = { accept: 'application/json', ...(body === undefined ? {} : length) };
    const options = { method, agent: this.#agent, headers, ...(signal === undefined ? {} : { signal }) };
    return new Promise((resolve, reject) => {
      const sent = request(new URL(path, this.#server), options, resolve);
      sent.on('error', reject);
      sent.end(body);
    });
  }
}
