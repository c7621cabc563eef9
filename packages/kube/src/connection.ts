import type { KubeConfig } from '@kubernetes/client-node';
import { InputError } from '@restow/model';
import { Agent, type Dispatcher, request } from 'undici';

/** Which cluster, as kubectl's flags say it; empty: as kubectl would choose. */
export interface ClusterChoice {
  readonly kubeconfig?: string;
  readonly context?: string;
}

export interface KubeResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Dispatcher.ResponseData['body'];
}

export interface KubeRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: object;
  /** For a PATCH: which kind of patch the body is. */
  readonly contentType?: 'application/merge-patch+json' | 'application/json-patch+json';
  readonly isWatch?: true;
}

/** Tokens that a credential plug-in gives out are asked for again after this. */
const CREDENTIALS_MS = 60_000;
/** What the client library makes up where it finds nothing. */
const NO_KUBECONFIG = 'http://localhost:8080';
/** Every watch holds one. */
const CONNECTIONS = 64;
const HEADERS_MS = 60_000;
const BODY_IDLE_MS = 60_000;

/**
 * A cluster's API server, with the user's credentials, over a few connections that stay open. The client library reads
 * kubeconfig and credentials; requests do not go through it, because it opens a connection for each.
 */
export class KubeConnection {
  readonly server: string;
  readonly #config: KubeConfig;
  readonly #agent: Agent;
  readonly #userAgent: string;
  #authorization: { readonly value: string | null; readonly until: number } | null = null;

  private constructor(config: KubeConfig, server: string, agent: Agent, userAgent: string) {
    this.#config = config;
    this.server = server;
    this.#agent = agent;
    this.#userAgent = userAgent;
  }

  /** Throws InputError where there is no such cluster in the kubeconfig. */
  static async open(choice: ClusterChoice, userAgent = 'restow'): Promise<KubeConnection> {
    const { KubeConfig: Config } = await import('@kubernetes/client-node');
    const config = new Config();
    try {
      if (choice.kubeconfig === undefined) config.loadFromDefault();
      else config.loadFromFile(choice.kubeconfig);
    } catch (error) {
      const file = choice.kubeconfig ?? process.env.KUBECONFIG ?? '~/.kube/config';
      throw new InputError(
        `is no kubeconfig that can be read: ${(error as Error).message}`,
        { file },
        { cause: error },
      );
    }
    if (choice.context !== undefined) config.setCurrentContext(choice.context);
    const cluster = config.getCurrentCluster();
    if (choice.kubeconfig === undefined && cluster?.server === NO_KUBECONFIG) {
      throw new InputError('there is no kubeconfig here: say --kubeconfig FILE, or -f FILE with what kubectl has read');
    }
    if (cluster === null) {
      const names = config.getContexts().map(({ name }) => name);
      throw new InputError(
        `there is no cluster for context ${config.getCurrentContext() || '(none)'}; contexts are ${names.join(', ') || 'none'}`,
      );
    }
    const tls: { ca?: Buffer; cert?: Buffer; key?: Buffer; rejectUnauthorized?: boolean; servername?: string } = {};
    try {
      await config.applyToHTTPSOptions(tls);
    } catch (error) {
      throw new InputError(
        `credentials for context ${config.getCurrentContext()} cannot be had: ${(error as Error).message}`,
        {},
        { cause: error },
      );
    }
    const { ca, cert, key, rejectUnauthorized, servername } = tls;
    const agent = new Agent({
      connections: CONNECTIONS,
      // A watch that is broken off by closing an HTTP/2 session throws where nobody can catch it.
      allowH2: false,
      headersTimeout: HEADERS_MS,
      bodyTimeout: BODY_IDLE_MS,
      connect: {
        ...(ca === undefined ? {} : { ca }),
        ...(cert === undefined ? {} : { cert }),
        ...(key === undefined ? {} : { key }),
        ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
        ...(servername === undefined ? {} : { servername }),
      },
    });
    return new KubeConnection(config, cluster.server, agent, userAgent);
  }

  /** One GET; the caller reads the body or destroys it. */
  async get(path: string, signal: AbortSignal): Promise<KubeResponse> {
    return this.send({ method: 'GET', path }, signal);
  }

  /** One request, sent once; the caller reads the answer's body or destroys it. */
  async send({ method, path, body, contentType, isWatch }: KubeRequest, signal: AbortSignal): Promise<KubeResponse> {
    const authorization = await this.#authorize();
    const answer = await request(new URL(path, this.server), {
      dispatcher: this.#agent,
      method,
      signal,
      // A watch is silent as long as nothing happens; who watches has a limit of his own.
      ...(isWatch === true ? { bodyTimeout: 0 } : {}),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headers: {
        accept: 'application/json',
        'user-agent': this.#userAgent,
        ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
        ...(authorization === null ? {} : { authorization }),
      },
    });
    return { status: answer.statusCode, headers: answer.headers, body: answer.body };
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  async #authorize(): Promise<string | null> {
    const now = Date.now();
    if (this.#authorization === null || this.#authorization.until <= now) {
      const options: { headers: Record<string, string> } = { headers: {} };
      await this.#config.applyToHTTPSOptions(options);
      const value = options.headers.Authorization ?? options.headers.authorization ?? null;
      this.#authorization = { value, until: now + CREDENTIALS_MS };
    }
    return this.#authorization.value;
  }
}
