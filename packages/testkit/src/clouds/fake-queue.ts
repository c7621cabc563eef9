import { createHash, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Queued {
  readonly id: string;
  readonly body: string;
  visibleAt: number;
  receipt: string;
}

const POLL_MS = 10;

/** A queue of SQS over its real protocol (JSON 1.0), on loopback: messages come again until they are deleted. */
export class FakeQueue {
  readonly #server: Server;
  readonly #messages = new Map<string, Queued>();
  /** Calls that are still to fail. */
  failures = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      void (async () => {
        let text = '';
        for await (const chunk of request.setEncoding('utf8')) text += chunk;
        const action = String(request.headers['x-amz-target']).split('.')[1];
        const answer = await this.#answer(action ?? '', JSON.parse(text) as Record<string, unknown>);
        response.writeHead(answer === null ? 500 : 200, { 'content-type': 'application/x-amz-json-1.0' });
        response.end(JSON.stringify(answer ?? { __type: 'InternalError' }));
      })();
    });
  }

  static async start(): Promise<FakeQueue> {
    const queue = new FakeQueue();
    await new Promise<void>((resolve) => queue.#server.listen(0, '127.0.0.1', resolve));
    return queue;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/000000000000/restow`;
  }

  get length(): number {
    return this.#messages.size;
  }

  send(body: string): void {
    const id = randomUUID();
    this.#messages.set(id, { id, body, visibleAt: 0, receipt: '' });
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(action: string, request: Record<string, unknown>): Promise<object | null> {
    if (this.failures-- > 0) return null;
    if (action === 'DeleteMessage') {
      for (const { id, receipt } of this.#messages.values()) {
        if (receipt === request.ReceiptHandle) this.#messages.delete(id);
      }
      return {};
    }
    if (action !== 'ReceiveMessage') return null;
    const until = Date.now() + Number(request.WaitTimeSeconds ?? 0) * 1000;
    for (;;) {
      const visible = [...this.#messages.values()].filter(({ visibleAt }) => visibleAt <= Date.now());
      const taken = visible.slice(0, Number(request.MaxNumberOfMessages ?? 1));
      for (const message of taken) {
        message.visibleAt = Date.now() + Number(request.VisibilityTimeout ?? 30) * 1000;
        message.receipt = randomUUID();
      }
      if (taken.length > 0 || Date.now() >= until || !this.#server.listening) {
        return {
          Messages: taken.map(({ id, body, receipt }) => ({
            MessageId: id,
            ReceiptHandle: receipt,
            Body: body,
            MD5OfBody: createHash('md5').update(body).digest('hex'),
          })),
        };
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
