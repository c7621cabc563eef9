import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KubeConnection } from '../connection.ts';
import { Collection } from './collection.ts';

interface Item {
  readonly name: string;
  readonly value: number;
}

const SIGNAL = new AbortController().signal;
let folder: string;
let server: Server;
let connection: KubeConnection;
let collection: Collection<Item> | null;
/** What the server lists, and its open watches. */
let objects: object[];
let listVersion: string;
let watches: ServerResponse[];
let asked: string[];
let refuseWatches: number | null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'restow-collection-'));
  [objects, listVersion, watches, asked, refuseWatches, collection] = [[], '10', [], [], null, null];
  server = createServer((request, response) => {
    asked.push(request.url!);
    if (!request.url!.includes('watch=1')) {
      response.end(JSON.stringify({ metadata: { resourceVersion: listVersion }, items: objects }));
    } else if (refuseWatches !== null) {
      response.writeHead(refuseWatches).end('{"message":"no"}');
    } else {
      response.writeHead(200).flushHeaders();
      watches.push(response);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
  };
  writeFileSync(join(folder, 'config'), JSON.stringify(config));
  connection = await KubeConnection.open({ kubeconfig: join(folder, 'config') });
});
afterEach(async () => {
  await collection?.close();
  await connection.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true, force: true });
});

const object = (name: string, version: number, value: number | string = version) => ({
  metadata: { name, namespace: 'ns', resourceVersion: String(version) },
  value,
});
const send = (type: string, body: object) => watches.at(-1)!.write(`${JSON.stringify({ type, object: body })}\n`);
const project = (body: unknown): Item => {
  const { metadata, value } = body as { metadata: { name: string }; value: number };
  if (typeof value !== 'number') throw new Error('no number');
  return { name: metadata.name, value };
};

let changes = 0;
async function open(): Promise<Collection<Item>> {
  changes = 0;
  const onChange = () => {
    changes++;
  };
  collection = await Collection.open(connection, { path: '/api/v1/things', project, now: () => 7, onChange }, SIGNAL);
  await vi.waitFor(() => expect(watches.length).toBe(1));
  return collection;
}
const items = () => Object.fromEntries([...collection!.items()].map(({ name, value }) => [name, value]));

test('what is listed and what comes, changes and goes afterwards is known', async () => {
  objects = [object('a', 1), object('b', 2)];
  await open();
  expect(items()).toEqual({ a: 1, b: 2 });
  send('ADDED', object('c', 11));
  send('MODIFIED', object('a', 12));
  send('DELETED', object('b', 13));
  await vi.waitFor(() => expect(items()).toEqual({ a: 12, c: 11 }));
});

test('a change that says nothing new is none, and the object stays the same one', async () => {
  objects = [object('a', 1, 5)];
  await open();
  const [before] = collection!.items();
  await vi.waitFor(() => expect(collection!.lostAt).toBeNull());
  const heard = changes;
  send('MODIFIED', object('a', 11, 5));
  send('ADDED', object('z', 12));
  await vi.waitFor(() => expect(items()).toEqual({ a: 5, z: 12 }));
  expect(changes).toBe(heard + 1);
  expect([...collection!.items()][0]).toBe(before);
});

test('a watch that ends goes on from the last version, a bookmark being one', async () => {
  objects = [object('a', 1)];
  await open();
  send('BOOKMARK', { metadata: { resourceVersion: '77' } });
  await vi.waitFor(() => expect(watches.length).toBe(1));
  watches[0]!.end();
  await vi.waitFor(() => expect(watches.length).toBe(2));
  expect(asked.at(-1)).toMatch(/resourceVersion=77/);
  expect(asked.filter((url) => !url.includes('watch=1')).length).toBe(1);
});

test.each(['answer', 'event'])(
  'a version that is too old (%s) means listing again; what has not changed is kept',
  async (how) => {
    objects = [object('a', 1), object('b', 2)];
    await open();
    const before = [...collection!.items()].find(({ name }) => name === 'a');
    [objects, listVersion] = [[object('a', 1), object('c', 50)], '60'];
    if (how === 'event') send('ERROR', { code: 410, message: 'too old' });
    else {
      refuseWatches = 410;
      watches[0]!.end();
      await vi.waitFor(() => expect(asked.filter((url) => url.includes('watch=1')).length).toBeGreaterThan(1));
      refuseWatches = null;
    }
    await vi.waitFor(() => expect(items()).toEqual({ a: 1, c: 50 }));
    expect([...collection!.items()].find(({ name }) => name === 'a')).toBe(before);
    await vi.waitFor(() => expect(asked.at(-1)).toMatch(/resourceVersion=60/));
  },
);

test('while the server is away it is said since when and why, and afterwards nothing is missing', async () => {
  objects = [object('a', 1)];
  await open();
  refuseWatches = 503;
  watches[0]!.destroy();
  await vi.waitFor(() => expect(collection!.lostAt).toBe(7));
  expect(collection!.failure?.message).toBeTruthy();
  refuseWatches = null;
  await vi.waitFor(() => expect(collection!.lostAt).toBeNull(), 10_000);
  send('ADDED', object('late', 11));
  await vi.waitFor(() => expect(items()).toEqual({ a: 1, late: 11 }));
});

test('an object that cannot be read is not passed over', async () => {
  await open();
  send('ADDED', object('a', 11));
  send('ADDED', object('broken', 12, 'no number'));
  await vi.waitFor(() => expect(watches.length).toBeGreaterThan(1), 10_000);
  expect(asked.at(-1)).toMatch(/resourceVersion=11/);
  expect(items()).toEqual({ a: 11 });
});
