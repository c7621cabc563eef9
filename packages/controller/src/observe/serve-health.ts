import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';

export interface HealthOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly metrics: Metrics;
  /** Why it cannot do its work just now; null: it can. */
  readonly whyNotReady: () => string | null;
}

export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/** `/metrics`, `/healthz` and `/readyz`. */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const { listen, metrics, whyNotReady } = options;
  const server: Server = createServer((request, response) => {
    const say = (why: string | null) => {
      response.writeHead(why === null ? 200 : 503, { 'content-type': 'text/plain' });
      response.end(`${why ?? 'ok'}\n`);
    };
    const path = new URL(request.url ?? '/', 'http://here').pathname;
    // Whoever answers is alive.
    if (path === '/healthz') return say(null);
    if (path === '/readyz') return say(whyNotReady());
    if (path !== '/metrics') {
      response.writeHead(404);
      response.end();
      return;
    }
    void metrics.registry.metrics().then((text) => {
      response.writeHead(200, { 'content-type': metrics.registry.contentType });
      response.end(text);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, resolve);
  });
  const { address, port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://${address.includes(':') ? `[${address}]` : address}:${port}`, close };
}
