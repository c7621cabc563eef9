import { QueueNotices } from '@restow/aws';
import { NoticeBoard } from '@restow/executor';
import { leftOut, type Moto, startMoto } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type MotoEvents, openMotoEvents } from './moto-events.ts';

const why = leftOut();

describe.skipIf(why !== null)(why ?? 'notices of AWS, from EventBridge by way of a queue (moto)', () => {
  let moto: Moto;
  let events: MotoEvents;
  beforeAll(async () => {
    moto = await startMoto();
    events = await openMotoEvents(moto, ['aws.ec2', 'aws.health', 'aws.autoscaling', 'restow.test']);
  }, 600_000);
  afterAll(async () => moto?.stop());

  test('every kind arrives as a notice of its node, the same word twice is one, and what is none is counted', async () => {
    const { sqs, queueUrl, put } = events;
    const board = new NoticeBoard({ nodeOf: (machine) => machine.replace('i-', 'node-'), now: Date.now });
    const stop = new AbortController();
    const source = new QueueNotices({
      client: async () => sqs,
      queueUrl,
      onNotice: async (notice) => void board.post(notice),
      onProblem: (error) => expect.unreachable(String(error)),
    });
    const listening = source.listen(stop.signal);
    const interruption = { 'instance-id': 'i-1', 'instance-action': 'terminate' };
    await put('aws.ec2', 'EC2 Spot Instance Interruption Warning', interruption);
    await put('aws.ec2', 'EC2 Spot Instance Interruption Warning', interruption);
    await put('aws.ec2', 'EC2 Instance Rebalance Recommendation', { 'instance-id': 'i-2' });
    await put('aws.ec2', 'EC2 Instance State-change Notification', { 'instance-id': 'i-3', state: 'shutting-down' });
    await put('aws.ec2', 'EC2 Capacity Reservation Instance Interruption Warning', { 'instance-id': 'i-4' });
    await put('aws.health', 'AWS Health Event', {
      service: 'EC2',
      eventTypeCategory: 'scheduledChange',
      affectedEntities: [{ entityValue: 'i-5' }],
    });
    await put('aws.autoscaling', 'EC2 Instance-terminate Lifecycle Action', {
      EC2InstanceId: 'i-6',
      LifecycleTransition: 'autoscaling:EC2_INSTANCE_TERMINATING',
    });
    await put('restow.test', 'Nothing of that kind', {});
    while (board.current().length < 6 || source.counts.unknown < 1)
      await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    await listening;
    const said = board.current().map(({ node, kind }) => `${node} ${kind}`);
    expect(said.toSorted()).toEqual([
      'node-1 spot-interruption',
      'node-2 rebalance-hint',
      'node-3 going',
      'node-4 reservation-interruption',
      'node-5 maintenance',
      'node-6 going',
    ]);
    expect(board.counts).toEqual({ notices: 6, doubled: 1 });
    expect(source.counts.unknown).toBe(1);
  });
});
