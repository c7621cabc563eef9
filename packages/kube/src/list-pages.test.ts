import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KubeConnection } from './connection.ts';
import { listPages } from './list-pages.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let folder: string;
let server: Server;
let connection: KubeConnection;
let answers: Answer[];
let asked: string[];
let slept: number[];
let sockets: Set<unknown>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'restow-kube-'));
  answers = [];
  asked = [];
  slept = [];
  sockets = new Set();
  server = createServer((request, response) => {
    asked.push(request.url!);
    sockets.add(request.socket);
    const answer = answers.shift();
    if (answer === undefined) response.destroy();
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const kubeconfig = join(folder, 'config');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: { token: 'secret-token' } }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  connection = await KubeConnection.open({ kubeconfig });
});
afterEach(async () => {
  await connection.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
const page = (items: unknown[], next = '') => json(200, { metadata: { continue: next, resourceVersion: '5' }, items });
const broken: Answer = (_request, response) => response.destroy();

async function all(signal = new AbortController().signal): Promise<unknown[]> {
  const items: unknown[] = [];
  const sleep = async (ms: number) => {
    slept.push(ms);
  };
  for await (const some of listPages(connection, '/api/v1/pods', { signal, pageSize: 2, sleep })) {
    items.push(...some.items);
  }
  return items;
}

test('pages follow each other over connections that stay open, with the credentials and the name', async () => {
  let seen: IncomingMessage['headers'] = {};
  answers = [
    (request, response) => {
      seen = request.headers;
      page([1, 2], 'more')(request, response);
    },
    page([3], 'and more'),
    page([4, 5]),
  ];
  expect(await all()).toEqual([1, 2, 3, 4, 5]);
  expect(asked).toEqual([
    '/api/v1/pods?limit=2',
    '/api/v1/pods?limit=2&continue=more',
    '/api/v1/pods?limit=2&continue=and+more',
  ]);
  expect(seen.authorization).toBe('Bearer secret-token');
  expect(seen['user-agent']).toMatch(/^restow/);
  expect(sockets.size).toBeLessThan(3);
});

test('the next page is asked for before this one is read, where the server says first how to go on', async () => {
  const early = (items: unknown[], next: string) => (_request: IncomingMessage, response: ServerResponse) => {
    const metadata = JSON.stringify({ resourceVersion: '5', continue: next });
    response.end(`{"kind":"PodList","apiVersion":"v1","metadata":${metadata},"items":${JSON.stringify(items)}}`);
  };
  answers = [early([1, 2], 'a'), early([3], 'b'), early([4], '')];
  const signal = new AbortController().signal;
  const pages = listPages(connection, '/api/v1/pods', { signal, pageSize: 2 });
  expect((await pages.next()).value?.items).toEqual([1, 2]);
  await vi.waitFor(() => expect(asked.length).toBe(2));
  expect((await pages.next()).value?.items).toEqual([3]);
  expect((await pages.next()).value?.items).toEqual([4]);
  expect((await pages.next()).done).toBe(true);
  expect(asked.length).toBe(3);
});

test('a list that the server has forgotten is read on from where it can go on', async () => {
  answers = [page([1], 'old'), json(410, { message: 'too old', metadata: { continue: 'fresh' } }), page([2])];
  expect(await all()).toEqual([1, 2]);
  expect(asked[2]).toMatch(/continue=fresh/);
});

test('what may pass is tried again, and Retry-After is kept', async () => {
  answers = [json(429, { message: 'slow down' }, { 'retry-after': '3' }), json(503, {}), broken, page([1])];
  expect(await all()).toEqual([1]);
  expect(slept[0]).toBe(3000);
  expect(slept.length).toBe(3);
});

test('what does not pass is said after a few tries', async () => {
  answers = Array.from({ length: 9 }, () => json(500, { message: 'etcd is gone' }));
  await expect(all()).rejects.toMatchObject({
    code: 'RESTOW_KUBE_API',
    status: 500,
    message: expect.stringMatching('etcd is gone'),
  });
  expect(asked.length).toBe(5);
});

test.each([401, 403, 404])('%i is said at once, without the token', async (status) => {
  answers = [json(status, { message: 'no' })];
  const error = await all().catch((one: Error) => one);
  expect(error).toMatchObject({ status });
  expect(String((error as Error).stack)).not.toMatch(/secret-token/);
  expect(asked.length).toBe(1);
});

test('something that is no list is refused, and null items are none', async () => {
  answers = [json(200, { hello: 'world' })];
  await expect(all()).rejects.toMatchObject({ message: expect.stringMatching('no list') });
  answers = [(_request, response) => response.end('<html>a proxy</html>')];
  await expect(all()).rejects.toMatchObject({ message: expect.stringMatching('no list') });
  answers = [json(200, { metadata: {}, items: null })];
  expect(await all()).toEqual([]);
});

test('it stops when told to', async () => {
  const stop = new AbortController();
  answers = [
    () => {
      stop.abort(new Error('enough'));
    },
  ];
  await expect(all(stop.signal)).rejects.toThrow('enough');
});
