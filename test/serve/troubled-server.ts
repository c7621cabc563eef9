import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';

export interface Trouble {
  /** Nobody answers, and what was open is cut. */
  readonly isAway?: boolean;
  /** Every watch is cut after this. */
  readonly watchMs?: number;
  /** Every so many-th watch is told that its version is forgotten. */
  readonly forgetsEvery?: number;
  /** Answers take up to this long. */
  readonly slowMs?: number;
}

/** An API server as it is behind a bad line: in front of a real one, and as bad as it is told to be. */
export class TroubledServer {
  trouble: Trouble = {};
  readonly counts = { watches: 0, forgotten: 0, cut: 0, refused: 0 };
  readonly #server: Server;
  readonly #target: URL;
  readonly #agent: Agent;
  readonly #sockets = new Set<Socket>();
  readonly #random: () => number;

  private constructor(target: URL, ca: Buffer, random: () => number) {
    this.#target = target;
    this.#random = random;
    this.#agent = new Agent({ keepAlive: true, ca });
    this.#server = createServer((asked, answer) => void this.#pass(asked, answer));
    this.#server.on('connection', (socket) => {
      if (this.trouble.isAway === true) {
        this.counts.refused++;
        socket.destroy();
        return;
      }
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  /** In front of a kubeconfig's cluster; writes another one that leads here, with the same token. */
  static async before(kubeconfig: string, file: string, random: () => number): Promise<TroubledServer> {
    const config = JSON.parse(readFileSync(kubeconfig, 'utf8')) as {
      clusters: [{ name: string; cluster: { server: string; 'certificate-authority-data': string } }];
    };
    const [{ name, cluster }] = config.clusters;
    const ca = Buffer.from(cluster['certificate-authority-data'], 'base64');
    const troubled = new TroubledServer(new URL(cluster.server), ca, random);
    await new Promise<void>((resolve) => troubled.#server.listen(0, '127.0.0.1', resolve));
    const { port } = troubled.#server.address() as AddressInfo;
    const clusters = [{ name, cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }];
    writeFileSync(file, JSON.stringify({ ...config, clusters }), { mode: 0o600 });
    return troubled;
  }

  leave(): void {
    this.trouble = { ...this.trouble, isAway: true };
    for (const socket of this.#sockets) socket.destroy();
  }

  comeBack(): void {
    this.trouble = { ...this.trouble, isAway: false };
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    this.#agent.destroy();
  }

  async #pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { watchMs, forgetsEvery, slowMs } = this.trouble;
    if (slowMs !== undefined) await new Promise((resolve) => setTimeout(resolve, this.#random() * slowMs));
    const isWatch = /[?&]watch=(1|true)/.test(asked.url ?? '');
    if (isWatch) this.counts.watches++;
    if (isWatch && forgetsEvery !== undefined && this.counts.watches % forgetsEvery === 0) {
      this.counts.forgotten++;
      answer.writeHead(200, { 'content-type': 'application/json' });
      const object = {
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        reason: 'Expired',
        code: 410,
        message: 'too old',
      };
      answer.end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return;
    }
    const { hostname, port } = this.#target;
    const { host: _host, ...headers } = asked.headers;
    const sent = request({ hostname, port, path: asked.url, method: asked.method, headers, agent: this.#agent });
    const cut = () => {
      sent.destroy();
      answer.destroy();
    };
    sent.on('error', cut).on('response', (got) => {
      answer.writeHead(got.statusCode!, got.headers);
      // Heard of at once, even while nothing happens.
      answer.flushHeaders();
      got.on('error', cut).pipe(answer);
    });
    answer.on('close', () => sent.destroy());
    asked.on('error', cut).pipe(sent);
    if (!isWatch || watchMs === undefined) return;
    setTimeout(() => {
      this.counts.cut++;
      cut();
    }, watchMs).unref();
  }
}
