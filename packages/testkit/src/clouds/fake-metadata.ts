import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The metadata servers of EC2 (version 2 only) and Compute Engine, as one machine sees them, on loopback. */
export class FakeMetadata {
  /** What EC2's says below `/latest/meta-data/`; what is not there is not found. */
  readonly ec2 = new Map<string, string>();
  /** What Compute Engine's says below `/computeMetadata/v1/instance/`. */
  readonly gce = new Map([
    ['preempted', 'FALSE'],
    ['maintenance-event', 'NONE'],
  ]);
  /** It answers nothing but errors. */
  isDown = false;
  readonly #server: Server;
  #token = 'first';

  private constructor() {
    this.#server = createServer((request, response) => {
      const [status, body] = this.#answer(request.method ?? '', request.url ?? '', request.headers);
      response.writeHead(status);
      response.end(body);
    });
  }

  static async start(): Promise<FakeMetadata> {
    const fake = new FakeMetadata();
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Tokens given so far are none any more. */
  expireTokens(): void {
    this.#token = `after ${this.#token}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(method: string, url: string, headers: NodeJS.Dict<string | string[]>): readonly [number, string] {
    if (this.isDown) return [500, ''];
    if (method === 'PUT' && url === '/latest/api/token') {
      return headers['x-aws-ec2-metadata-token-ttl-seconds'] === undefined ? [400, ''] : [200, this.#token];
    }
    if (url.startsWith('/latest/meta-data/')) {
      if (headers['x-aws-ec2-metadata-token'] !== this.#token) return [401, ''];
      const found = this.ec2.get(url.slice('/latest/meta-data/'.length));
      return found === undefined ? [404, ''] : [200, found];
    }
    if (headers['metadata-flavor'] !== 'Google') return [403, ''];
    const found = this.gce.get(url.slice('/computeMetadata/v1/instance/'.length));
    return found === undefined ? [404, ''] : [200, found];
  }
}
