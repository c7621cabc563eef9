import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DeleteAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  SetInstanceProtectionCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateCommand, EC2Client } from '@aws-sdk/client-ec2';
import { AutoScalingGroups } from '@restow/aws';
import {
  FakeScaling,
  leftOut,
  type MachineGroupsHarness,
  type Moto,
  machineGroupsContract,
  startMoto,
} from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const REGION = 'us-east-1';
const ZONE = 'us-east-1a';
const signal = AbortSignal.timeout(2 ** 31 - 1);
const why = leftOut();
const groupsNow = () => new AutoScalingGroups({ region: REGION, now: Date.now, pollMs: 20 });
const providerIdOf = (machine: string) => `aws:///${ZONE}/${machine}`;
const kind = { instanceType: 'm5.large', zone: ZONE, capacityType: 'on-demand' };

describe.skipIf(why !== null)(why ?? 'moto', () => {
  let moto: Moto;
  let scaling: AutoScalingClient;
  beforeAll(async () => {
    moto = await startMoto();
    for (const [name, value] of Object.entries(moto.env)) vi.stubEnv(name, value);
    scaling = new AutoScalingClient({ region: REGION });
    const ec2 = new EC2Client({ region: REGION });
    const data = { InstanceType: 'm5.large' as const, ImageId: 'ami-12c6146b' };
    await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: 'workers', LaunchTemplateData: data }));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await moto?.stop();
  });

  let count = 0;
  machineGroupsContract('Auto Scaling (moto)', async (): Promise<MachineGroupsHarness> => {
    const id = `asg-${++count}`;
    const name = `workers-${count}`;
    await scaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: id,
        MinSize: 1,
        MaxSize: 4,
        DesiredCapacity: 2,
        AvailabilityZones: [ZONE],
        LaunchTemplate: { LaunchTemplateName: 'workers', Version: '$Latest' },
        Tags: [{ Key: 'eks:nodegroup-name', Value: name, PropagateAtLaunch: true, ResourceId: id }],
      }),
    );
    const group = async () => {
      const command = new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [id] });
      return (await scaling.send(command)).AutoScalingGroups![0]!;
    };
    return {
      groups: groupsNow(),
      name,
      kind,
      machines: async () => (await group()).Instances!.map(({ InstanceId }) => InstanceId!),
      wanted: async () => (await group()).DesiredCapacity!,
      providerIdOf,
      protect: async (machine) => {
        const command = { AutoScalingGroupName: id, InstanceIds: [machine], ProtectedFromScaleIn: true };
        await scaling.send(new SetInstanceProtectionCommand(command));
      },
      exhaust: null,
      close: async () => {
        await scaling.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName: id, ForceDelete: true }));
      },
    };
  });
});

describe('our own fake', () => {
  let fake: FakeScaling;
  beforeAll(async () => {
    fake = await FakeScaling.start();
    for (const [name, value] of Object.entries(fake.env)) vi.stubEnv(name, value);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await fake.stop();
  });
  let count = 0;
  const newGroup = (more: object = {}) => {
    const id = `asg-${++count}`;
    const tags = new Map([['eks:nodegroup-name', `workers-${count}`]]);
    return fake.addGroup(id, {
      zones: [ZONE],
      instanceTypes: ['m5.large'],
      least: 1,
      most: 4,
      desired: 2,
      tags,
      ...more,
    });
  };
  const groupOf = (id: string) => ({ id, cluster: null, zones: [ZONE], machines: [] });

  machineGroupsContract('Auto Scaling (fake)', async (): Promise<MachineGroupsHarness> => {
    const group = newGroup();
    return {
      groups: groupsNow(),
      name: group.tags.get('eks:nodegroup-name')!,
      kind,
      machines: async () => fake.running(group.id).map(({ id }) => id),
      wanted: async () => group.desired,
      providerIdOf,
      protect: async (machine) => {
        fake.machines.get(machine)!.isProtected = true;
      },
      exhaust: () => {
        group.capacity = 0;
      },
      close: async () => void fake.groups.delete(group.id),
    };
  });

  test('a hook that waits holds the removal, and the machine is paid for until it lets go', async () => {
    const group = newGroup({ holds: true });
    const [machine] = fake.running(group.id);
    const groups = groupsNow();
    const cut = AbortSignal.timeout(300);
    await expect(groups.remove(machine!.id, cut)).rejects.toThrow();
    expect(group.desired).toBe(1);
    const again = groups.remove(machine!.id, signal);
    fake.letGo();
    expect((await again).ok).toBe(true);
    expect(group.desired).toBe(1);
    expect(fake.running(group.id)).toHaveLength(1);
  });

  test('a process that is killed anywhere in an order, and asks again, has one machine', async () => {
    const steps = ['CreateOrUpdateTags', 'SetDesiredCapacity', 'DescribeInstances', 'DeleteTags'];
    for (const action of steps) {
      const group = newGroup();
      const key = `${action.toLowerCase().slice(0, 8)}0000`;
      fake.failNext = { action, status: 400, code: 'InvalidSignatureException' };
      await expect(groupsNow().order(groupOf(group.id), { ...kind, key }, signal)).rejects.toThrow(/does not answer/);
      expect((await groupsNow().order(groupOf(group.id), { ...kind, key }, signal)).ok, action).toBe(true);
      expect(fake.running(group.id), action).toHaveLength(3);
      expect(group.desired, action).toBe(3);
      expect([...group.tags.keys()], action).toEqual(['eks:nodegroup-name']);
      expect((await groupsNow().release(key, signal)).ok).toBe(true);
      expect(fake.running(group.id), action).toHaveLength(2);
    }
  });

  test('an order that was cut off before its machine came is taken back without touching another machine', async () => {
    const group = newGroup();
    group.capacity = 0;
    const before = fake.running(group.id).map(({ id }) => id);
    const key = '999900009999';
    // As it was left by a process that was killed: raised, and nothing heard of it.
    group.tags.set(`restow.dev/order-${key}`, '2/99999999999999');
    group.desired = 3;
    await expect(groupsNow().order(groupOf(group.id), { ...kind, key }, AbortSignal.timeout(300))).rejects.toThrow();
    expect(await groupsNow().ordered(key, signal)).toEqual({ machine: null, isLost: false });
    expect(await groupsNow().release(key, signal)).toEqual({ ok: true, paid: null });
    expect(group.desired).toBe(2);
    expect(fake.running(group.id).map(({ id }) => id)).toEqual(before);
    expect(group.suspended.size).toBe(0);
  });

  test('what came and was not meant is given back', async () => {
    const group = newGroup({ instanceTypes: ['m5.large', 'c5.large'] });
    const before = fake.running(group.id).map(({ id }) => id);
    const answers = [];
    for (const key of ['121200000001', '121200000002']) {
      answers.push(await groupsNow().order(groupOf(group.id), { ...kind, key }, signal));
    }
    expect(answers.map(({ ok }) => ok).toSorted()).toEqual([false, true]);
    expect(answers.find(({ ok }) => !ok)).toMatchObject({
      code: 'no-capacity',
      reason: expect.stringMatching(/c5\.large .* came, and not m5/),
    });
    const now = fake.running(group.id);
    expect(now.filter(({ id }) => !before.includes(id)).map((one) => one.instanceType)).toEqual(['m5.large']);
    expect(group.desired).toBe(3);
  });

  test('a group in several zones: only where it launches next, and nothing that it would even out by itself', async () => {
    const zones = ['us-east-1a', 'us-east-1b'];
    const group = newGroup({ zones, desired: 3 });
    const order = (zone: string, key: string) => groupsNow().order(groupOf(group.id), { ...kind, zone, key }, signal);
    expect(await order('us-east-1a', '343400000001')).toMatchObject({
      code: 'no-capacity',
      reason: expect.stringMatching(/launches in us-east-1b next/),
    });
    expect(await order('us-east-1c', '343400000002')).toMatchObject({
      code: 'no-capacity',
      reason: expect.stringMatching(/is not in us-east-1c/),
    });
    const inB = fake.running(group.id).find(({ zone }) => zone === 'us-east-1b')!;
    expect(await groupsNow().remove(inB.id, signal)).toMatchObject({
      code: 'protected',
      reason: expect.stringMatching(/AZRebalance/),
    });
    group.suspended.add('AZRebalance');
    expect((await groupsNow().remove(inB.id, signal)).ok).toBe(true);
    expect((await order('us-east-1b', '343400000003')).ok).toBe(true);
  });

  test('what its owner has suspended is not launched, and a type that it has not is not asked for', async () => {
    const group = newGroup();
    const order = (instanceType: string) =>
      groupsNow().order(groupOf(group.id), { ...kind, instanceType, key: '565600000001' }, signal);
    expect(await order('x9.large')).toMatchObject({
      code: 'refused',
      reason: expect.stringMatching(/does not launch x9.large/),
    });
    group.suspended.add('Launch');
    expect(await order('m5.large')).toMatchObject({ code: 'refused', reason: expect.stringMatching(/suspended/) });
    expect(group.desired).toBe(2);
  });

  test('two clusters may have groups of the same name', async () => {
    const tags = () => new Map([['eks:nodegroup-name', 'shared']]);
    newGroup({ tags: tags() });
    newGroup({ tags: tags() });
    expect(await groupsNow().groupsNamed('shared', signal)).toHaveLength(2);
  });
});
