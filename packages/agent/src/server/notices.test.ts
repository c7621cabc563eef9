import type { AddressInfo } from 'node:net';
import { Agent, AgentConnection, AgentNoticeSource, type Agents, createAuthority, issue } from '@restow/migration';
import { FakeMetadata } from '@restow/testkit';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Imds } from '../notices/imds.ts';
import { NoticeWatch } from '../notices/notice-watch.ts';
import type { AgentServices } from '../services.ts';
import { serveAgent } from './agent-server.ts';

const log = pino({ level: 'silent' });

let metadata: FakeMetadata;
beforeAll(async () => {
  metadata = await FakeMetadata.start();
});
afterAll(async () => metadata.stop());

test('what a machine is told about its end is told by its agent to whoever controls, and to nobody else', async () => {
  const authority = await createAuthority(new Date());
  const issued = (role: 'agent' | 'controller', name: string) => issue(authority, { role, name, hours: 1 }, new Date());
  const watch = new NoticeWatch({ source: new Imds(`http://${metadata.host}`), now: Date.now, pollMs: 20, log });
  const services = { notices: (after: number) => watch.since(after) } as unknown as AgentServices;
  const credentials = await issued('agent', 'n1');
  const server = await serveAgent(services, { credentials, host: '127.0.0.1', port: 0, log });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const other = new Agent({ node: 'n1', url }, await AgentConnection.open('n1', url, await issued('agent', 'n2')));
  await expect(other.notices(0, AbortSignal.timeout(5_000))).rejects.toThrow(/not for agent n2/);
  other.close();

  const controller = await issued('controller', 'restow');
  const agent = new Agent({ node: 'n1', url }, await AgentConnection.open('n1', url, controller));
  const stop = new AbortController();
  const heard: string[] = [];
  const source = new AgentNoticeSource({
    agents: { of: async () => agent } as unknown as Agents,
    nodes: () => ['n1'],
    onNotice: ({ node, kind, deadline }) => {
      heard.push(`${node} ${kind} ${deadline}`);
      if (kind === 'spot-interruption') stop.abort();
    },
    onProblem: (_node, error) => expect.unreachable(String(error)),
  });
  const listening = source.listen(stop.signal);
  const time = '2026-11-01T12:02:00Z';
  metadata.ec2.set('spot/instance-action', JSON.stringify({ action: 'terminate', time }));
  await listening;
  expect(heard).toEqual([`n1 spot-interruption ${Date.parse(time)}`]);
  agent.close();
  watch.close();
  server.close();
});
