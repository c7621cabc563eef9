import { SQSClient } from '@aws-sdk/client-sqs';
import type { MachineNotice } from '@restow/executor';
import { seededRandom } from '@restow/model';
import { FakeQueue } from '@restow/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseEvent } from './parse-event.ts';
import { QueueNotices } from './queue-notices.ts';

const TIME = '2026-11-01T12:00:00Z';
const AT = Date.parse(TIME);
const event = (id: string, source: string, type: string, detail: object) =>
  JSON.stringify({
    version: '0',
    id,
    source,
    'detail-type': type,
    account: '1',
    time: TIME,
    region: 'us-east-1',
    resources: [],
    detail,
  });
const interruption = (id: string, machine = 'i-1') =>
  event(id, 'aws.ec2', 'EC2 Spot Instance Interruption Warning', {
    'instance-id': machine,
    'instance-action': 'terminate',
  });

/** Each of the six kinds, hand-written after AWS's documentation of events. */
const KINDS: readonly (readonly [string, string, readonly MachineNotice[]])[] = [
  [
    'spot interruption',
    interruption('e'),
    [{ id: 'e', kind: 'spot-interruption', machine: 'i-1', deadline: AT + 120_000 }],
  ],
  [
    'capacity reservation interruption',
    event('e', 'aws.ec2', 'EC2 Capacity Reservation Instance Interruption Warning', {
      'instance-id': 'i-1',
      'instance-action': 'terminate',
    }),
    [{ id: 'e', kind: 'reservation-interruption', machine: 'i-1', deadline: AT + 120_000 }],
  ],
  [
    'rebalance recommendation',
    event('e', 'aws.ec2', 'EC2 Instance Rebalance Recommendation', { 'instance-id': 'i-1' }),
    [{ id: 'e', kind: 'rebalance-hint', machine: 'i-1', deadline: null }],
  ],
  [
    'state change',
    event('e', 'aws.ec2', 'EC2 Instance State-change Notification', { 'instance-id': 'i-1', state: 'shutting-down' }),
    [{ id: 'e', kind: 'going', machine: 'i-1', deadline: AT }],
  ],
  [
    'scheduled change',
    event('e', 'aws.health', 'AWS Health Event', {
      service: 'EC2',
      eventTypeCategory: 'scheduledChange',
      startTime: 'Sun, 08 Nov 2026 12:00:00 GMT',
      affectedEntities: [{ entityValue: 'i-1' }, { entityValue: 'i-2' }],
    }),
    [
      { id: 'e/i-1', kind: 'maintenance', machine: 'i-1', deadline: AT + 7 * 24 * 3_600_000 },
      { id: 'e/i-2', kind: 'maintenance', machine: 'i-2', deadline: AT + 7 * 24 * 3_600_000 },
    ],
  ],
  [
    'lifecycle action',
    event('e', 'aws.autoscaling', 'EC2 Instance-terminate Lifecycle Action', {
      LifecycleActionToken: 'token',
      AutoScalingGroupName: 'group',
      LifecycleHookName: 'hook',
      EC2InstanceId: 'i-1',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    }),
    [{ id: 'e', kind: 'going', machine: 'i-1', deadline: null }],
  ],
];

test.each(KINDS)('%s', (_name, text, notices) => {
  expect(parseEvent(text)).toEqual({ known: true, notices });
});

test('what says nothing of a machine that goes is no notice, and what is no event says so', () => {
  const running = event('e', 'aws.ec2', 'EC2 Instance State-change Notification', {
    'instance-id': 'i-1',
    state: 'running',
  });
  expect(parseEvent(running)).toEqual({ known: true, notices: [] });
  expect(parseEvent('{"Event":"autoscaling:TEST_NOTIFICATION"}')).toEqual({ known: false, why: 'it is no event' });
  expect(parseEvent('<xml/>')).toEqual({ known: false, why: 'it is no JSON' });
  expect(parseEvent(event('e', 'aws.s3', 'Object Created', {}))).toEqual({
    known: false,
    why: 'Object Created of aws.s3',
  });
});

test('an event that is cut or changed anywhere is a notice as before, none, or unknown; never a crash', () => {
  const random = seededRandom(7);
  for (const [, text, notices] of KINDS) {
    for (let index = 0; index < 300; index++) {
      const at = Math.floor(random() * text.length);
      const mutation =
        random() < 0.5 ? text.slice(0, at) : text.slice(0, at) + 'x"{1,'[Math.floor(random() * 5)] + text.slice(at + 1);
      const parsed = parseEvent(mutation);
      if (parsed.known && parsed.notices.length > 0) expect(parsed.notices).toHaveLength(notices.length);
    }
  }
});

let queue: FakeQueue;
let stop: AbortController;
beforeEach(async () => {
  queue = await FakeQueue.start();
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await queue.stop();
});

const client = async () =>
  new SQSClient({
    endpoint: new URL(queue.url).origin,
    region: 'us-east-1',
    maxAttempts: 1,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });

async function untilEmpty(): Promise<void> {
  while (queue.length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('each notice acts once, however often and in whatever order its message comes; the rest is counted', async () => {
  const taken: string[] = [];
  const onNotice = async ({ machine }: MachineNotice) => void taken.push(machine);
  const notices = new QueueNotices({ client, queueUrl: queue.url, onNotice, onProblem: () => {} });
  const listening = notices.listen(stop.signal);
  for (const id of ['b', 'a', 'b', 'a', 'b']) queue.send(interruption(id, `i-${id}`));
  queue.send(event('c', 'aws.s3', 'Object Created', {}));
  await untilEmpty();
  stop.abort();
  await listening;
  expect(taken.toSorted()).toEqual(['i-a', 'i-b']);
  expect(notices.counts).toEqual({ notices: 2, doubled: 3, unknown: 1 });
});

test('a message is deleted only when its notice was taken up, and a queue that fails is asked again', async () => {
  const problems: unknown[] = [];
  const lengths: number[] = [];
  queue.failures = 1;
  const onNotice = async () => void lengths.push(queue.length);
  const notices = new QueueNotices({
    client,
    queueUrl: queue.url,
    onNotice,
    onProblem: (error) => problems.push(error),
  });
  const listening = notices.listen(stop.signal);
  queue.send(interruption('a'));
  await untilEmpty();
  stop.abort();
  await listening;
  expect(lengths).toEqual([1]);
  expect(problems).toHaveLength(1);
  expect(notices.counts.notices).toBe(1);
});

test('a notice that cannot be taken up stays in the queue', async () => {
  const failed = Promise.withResolvers<void>();
  const onNotice = async () => {
    throw new Error('not now');
  };
  const notices = new QueueNotices({ client, queueUrl: queue.url, onNotice, onProblem: () => failed.resolve() });
  const listening = notices.listen(stop.signal);
  queue.send(interruption('a'));
  await failed.promise;
  stop.abort();
  await listening;
  expect(queue.length).toBe(1);
  expect(notices.counts).toEqual({ notices: 0, doubled: 0, unknown: 0 });
});
