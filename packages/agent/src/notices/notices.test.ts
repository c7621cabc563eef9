import { FakeMetadata } from '@restow/testkit';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GceMetadata } from './gce-metadata.ts';
import { Imds } from './imds.ts';
import { NoticeWatch } from './notice-watch.ts';

const signal = AbortSignal.timeout(2 ** 31 - 1);
const log = pino({ level: 'silent' });
const TIME = '2026-11-01T12:02:00Z';

let metadata: FakeMetadata;
beforeEach(async () => {
  metadata = await FakeMetadata.start();
});
afterEach(async () => metadata.stop());
const imds = () => new Imds(`http://${metadata.host}`);

test('everything that EC2 says to a machine about its end', async () => {
  const source = imds();
  expect(await source.read(signal)).toEqual([]);
  metadata.ec2.set('spot/instance-action', JSON.stringify({ action: 'terminate', time: TIME }));
  metadata.ec2.set('events/recommendations/rebalance', JSON.stringify({ noticeTime: TIME }));
  metadata.ec2.set('autoscaling/target-lifecycle-state', 'Terminated');
  const event = { Code: 'system-reboot', EventId: 'e-1', NotBefore: '21 Jan 2027 09:00:43 GMT', State: 'active' };
  metadata.ec2.set('events/maintenance/scheduled', JSON.stringify([event, { ...event, State: 'completed' }]));
  expect(await source.read(signal)).toEqual([
    { id: `imds/spot/${TIME}`, kind: 'spot-interruption', deadline: Date.parse(TIME) },
    { id: `imds/rebalance/${TIME}`, kind: 'rebalance-hint', deadline: null },
    { id: 'imds/lifecycle', kind: 'going', deadline: null },
    { id: 'imds/maintenance/e-1', kind: 'maintenance', deadline: Date.parse('2027-01-21T09:00:43Z') },
  ]);
});

test('a machine that stays in its group is not going, and a token that is over is fetched anew', async () => {
  const source = imds();
  metadata.ec2.set('autoscaling/target-lifecycle-state', 'InService');
  expect(await source.read(signal)).toEqual([]);
  metadata.expireTokens();
  metadata.ec2.set('autoscaling/target-lifecycle-state', 'Terminated');
  expect(await source.read(signal)).toHaveLength(1);
});

test('what Compute Engine says: half a minute from when it was first heard', async () => {
  let now = 1_000;
  const source = new GceMetadata(() => now, metadata.host);
  expect(await source.read(signal)).toEqual([]);
  metadata.gce.set('preempted', 'TRUE');
  metadata.gce.set('maintenance-event', 'MIGRATE_ON_HOST_MAINTENANCE');
  const preempted = { id: 'gce/preempted', kind: 'spot-interruption', deadline: 31_000 };
  expect(await source.read(signal)).toEqual([preempted]);
  now = 9_000;
  metadata.gce.set('maintenance-event', 'TERMINATE_ON_HOST_MAINTENANCE');
  expect(await source.read(signal)).toEqual([
    preempted,
    { id: 'gce/maintenance', kind: 'maintenance', deadline: null },
  ]);
});

test('whoever waits is told as soon as something is said, once, and whoever has heard another agent at once', async () => {
  let starts = 0;
  const watchOf = () => new NoticeWatch({ source: imds(), now: () => ++starts, pollMs: 20, log });
  const watch = watchOf();
  const { version, notices } = await watch.since(0);
  expect(notices).toEqual([]);
  const waiting = watch.since(version);
  metadata.ec2.set('autoscaling/target-lifecycle-state', 'Terminated');
  const heard = await waiting;
  expect(heard.notices.map(({ kind }) => kind)).toEqual(['going']);
  expect((await watch.since(heard.version, 50)).version).toBe(heard.version);
  watch.close();
  starts = 1_000;
  const next = watchOf();
  expect((await next.since(heard.version)).version).toBeGreaterThan(heard.version);
  next.close();
});

test('a metadata server that fails for a while is asked again, and nothing is taken back', async () => {
  const watch = new NoticeWatch({ source: imds(), now: () => 1, pollMs: 20, log });
  metadata.ec2.set('autoscaling/target-lifecycle-state', 'Terminated');
  let heard = await watch.since(1);
  expect(heard.notices).toHaveLength(1);
  metadata.isDown = true;
  heard = await watch.since(heard.version, 100);
  expect(heard.notices).toHaveLength(1);
  metadata.isDown = false;
  metadata.ec2.set('events/recommendations/rebalance', JSON.stringify({ noticeTime: TIME }));
  expect((await watch.since(heard.version)).notices).toHaveLength(2);
  watch.close();
});
