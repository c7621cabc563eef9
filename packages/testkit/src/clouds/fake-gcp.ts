import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FakePool } from './fake-instance-groups.ts';
import { FakeInstanceGroups } from './fake-instance-groups.ts';

/** What a project has, as the APIs' own answers have it. */
export interface FakeGcpProject {
  /** By zone. */
  readonly machineTypes: Readonly<Record<string, readonly object[]>>;
  readonly skus: readonly object[];
  readonly commitments?: readonly object[];
  /** By zone. */
  readonly reservations?: Readonly<Record<string, readonly object[]>>;
  readonly priceHistory?: readonly object[];
  /** By zone. */
  readonly operations?: Readonly<Record<string, readonly object[]>>;
}

/** What is answered in place of the project's truth; undefined: that. */
export type GcpFault = (
  method: string,
  path: string,
  call: number,
) => { readonly status: number; readonly reason: string } | undefined;

const PROJECT = 'restow-test';
/** How many items a page has at most, so that whoever does not ask for the next is found out. */
const PAGE = 3;

/**
 * The calls that restow makes of Compute Engine, Cloud Billing's catalogue and GKE, and the metadata server that says who
 * asks, over HTTP on loopback. The SDK finds it by `env`.
 */
export class FakeGcp {
  readonly groups = new FakeInstanceGroups(PROJECT);
  /** `GET /compute/v1/…`, without their parameters. */
  readonly calls: string[] = [];
  readonly #server: Server;
  #project: FakeGcpProject;
  #fault: GcpFault = () => undefined;

  private constructor(project: FakeGcpProject) {
    this.#project = project;
    this.#server = createServer((request, response) => {
      void this.#respond(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json', 'metadata-flavor': 'Google' });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      });
    });
  }

  static async start(project: FakeGcpProject): Promise<FakeGcp> {
    const fake = new FakeGcp(project);
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get env(): Readonly<Record<string, string>> {
    const host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return {
      RESTOW_GCP_ENDPOINT: `http://${host}`,
      GCE_METADATA_HOST: host,
      METADATA_SERVER_DETECTION: 'assume-present',
    };
  }

  become(project: Partial<FakeGcpProject>): void {
    this.#project = { ...this.#project, ...project };
  }

  fail(fault: GcpFault): void {
    this.#fault = fault;
  }

  addPool(pool: FakePool): void {
    this.groups.add(pool);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #respond(request: IncomingMessage): Promise<{ status: number; body: object | string }> {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    const method = request.method ?? 'GET';
    if (pathname.startsWith('/computeMetadata/')) return metadata(pathname);
    const call = this.calls.filter((one) => one === `${method} ${pathname}`).length;
    this.calls.push(`${method} ${pathname}`);
    const fault = this.#fault(method, pathname, call);
    if (fault !== undefined) return failed(fault.status, fault.reason);
    const token = searchParams.get('pageToken') ?? undefined;
    const answer =
      this.#answer(pathname, token) ?? this.groups.answer(method, pathname, text === '' ? {} : JSON.parse(text));
    return answer === null ? failed(404, 'notFound') : { status: 200, body: answer };
  }

  #answer(path: string, token: string | undefined): object | null {
    const {
      machineTypes,
      skus,
      commitments = [],
      reservations = {},
      priceHistory = [],
      operations = {},
    } = this.#project;
    const compute = `/compute/v1/projects/${PROJECT}`;
    if (path === `${compute}/aggregated/machineTypes`) {
      // A page may have part of a zone.
      const all = Object.entries(machineTypes).flatMap(([zone, types]) => types.map((type) => ({ zone, type })));
      const { items, next } = pageOf(all, token);
      const byZone = Object.groupBy(items, ({ zone }) => `zones/${zone}`);
      const entries = Object.entries(byZone).map(([key, some = []]) => [
        key,
        { machineTypes: some.map(({ type }) => type) },
      ]);
      return { items: Object.fromEntries(entries), ...next };
    }
    if (path === '/v1/services/6F81-5844-456A/skus') {
      const { items, next } = pageOf(skus, token);
      return { skus: items, ...next };
    }
    if (path.startsWith(`${compute}/regions/`) && path.endsWith('/commitments')) {
      const { items, next } = pageOf(commitments, token);
      return { items, ...next };
    }
    if (path === `${compute}/aggregated/reservations`) {
      const entries = Object.entries(reservations).map(([zone, some]) => [`zones/${zone}`, { reservations: some }]);
      return { items: Object.fromEntries(entries) };
    }
    if (path === `${compute}/aggregated/operations`) {
      const entries = Object.entries(operations).map(([zone, some]) => [`zones/${zone}`, { operations: some }]);
      return { items: Object.fromEntries(entries) };
    }
    if (path === `${compute}/global/operations`) return { items: [] };
    if (path.endsWith('/advice/capacityHistory')) return { priceHistory };
    return null;
  }
}

function metadata(path: string): { status: number; body: object | string } {
  if (path.endsWith('/project/project-id')) return { status: 200, body: PROJECT };
  if (path.endsWith('/token')) {
    return { status: 200, body: { access_token: 'test', expires_in: 3600, token_type: 'Bearer' } };
  }
  return { status: 200, body: '' };
}

function failed(status: number, reason: string): { status: number; body: object } {
  const message = `the fake says ${reason}`;
  return { status, body: { error: { code: status, message, errors: [{ domain: 'global', reason, message }] } } };
}

function pageOf<Item>(items: readonly Item[], token: string | undefined) {
  const from = Number(token ?? 0);
  const end = from + PAGE;
  return { items: items.slice(from, end), next: end < items.length ? { nextPageToken: String(end) } : {} };
}
