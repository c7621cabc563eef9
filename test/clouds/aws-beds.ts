import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DeleteAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  SetInstanceProtectionCommand,
} from '@aws-sdk/client-auto-scaling';
import { CreateLaunchTemplateCommand, EC2Client } from '@aws-sdk/client-ec2';
import { FakeScaling, startMoto } from '@restow/testkit';
import type { CloudBed } from './cloud-bed.ts';

const REGION = 'us-east-1';
const ZONE = 'us-east-1a';
const NAME = 'eks:nodegroup-name';
const TYPES = { small: 'm5.large', large: 'm5.2xlarge' } as const;

const machineOf = (id: string, zone: string, instanceType: string, group: string) => ({
  id,
  zone,
  instanceType,
  group,
  providerId: `aws:///${zone}/${id}`,
  labels: { 'eks.amazonaws.com/nodegroup': group, 'eks.amazonaws.com/capacityType': 'ON_DEMAND' },
});

export async function motoBed(): Promise<CloudBed> {
  const moto = await startMoto();
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const options = { region: REGION, endpoint: moto.endpoint, credentials };
  const scaling = new AutoScalingClient(options);
  const ec2 = new EC2Client(options);
  for (const InstanceType of Object.values(TYPES)) {
    const data = { InstanceType, ImageId: 'ami-12c6146b' };
    await ec2.send(new CreateLaunchTemplateCommand({ LaunchTemplateName: InstanceType, LaunchTemplateData: data }));
  }
  const groups = async () => (await scaling.send(new DescribeAutoScalingGroupsCommand({}))).AutoScalingGroups ?? [];
  return {
    env: moto.env,
    ...TYPES,
    reset: async () => {
      for (const { AutoScalingGroupName } of await groups()) {
        await scaling.send(new DeleteAutoScalingGroupCommand({ AutoScalingGroupName, ForceDelete: true }));
      }
    },
    addGroup: async (name, instanceType, { desired, least, most }) => {
      await scaling.send(
        new CreateAutoScalingGroupCommand({
          AutoScalingGroupName: `asg-${name}`,
          MinSize: least,
          MaxSize: most,
          DesiredCapacity: desired,
          AvailabilityZones: [ZONE],
          LaunchTemplate: { LaunchTemplateName: instanceType, Version: '$Latest' },
          Tags: [{ Key: NAME, Value: name, PropagateAtLaunch: true, ResourceId: `asg-${name}` }],
        }),
      );
    },
    machines: async () =>
      (await groups()).flatMap(({ AutoScalingGroupName, Instances = [] }) =>
        Instances.map(({ InstanceId, AvailabilityZone, InstanceType }) =>
          machineOf(InstanceId!, AvailabilityZone!, InstanceType!, AutoScalingGroupName!.slice('asg-'.length)),
        ),
      ),
    wanted: async (name) =>
      (await groups()).find((one) => one.AutoScalingGroupName === `asg-${name}`)!.DesiredCapacity!,
    protect: async (machine) => {
      const group = (await groups()).find(({ Instances }) => Instances?.some((one) => one.InstanceId === machine));
      await scaling.send(
        new SetInstanceProtectionCommand({
          AutoScalingGroupName: group!.AutoScalingGroupName,
          InstanceIds: [machine],
          ProtectedFromScaleIn: true,
        }),
      );
    },
    exhaust: null,
    hold: null,
    stop: moto.stop,
  };
}

export async function fakeScalingBed(): Promise<CloudBed> {
  const fake = await FakeScaling.start();
  const groupOf = (name: string) => fake.groups.get(`asg-${name}`)!;
  return {
    env: fake.env,
    ...TYPES,
    reset: async () => {
      fake.groups.clear();
      fake.machines.clear();
    },
    addGroup: async (name, instanceType, size) => {
      fake.addGroup(`asg-${name}`, {
        ...size,
        zones: [ZONE],
        instanceTypes: [instanceType],
        tags: new Map([[NAME, name]]),
      });
    },
    machines: async () =>
      fake
        .running()
        .map(({ id, zone, instanceType, group }) => machineOf(id, zone, instanceType, group.slice('asg-'.length))),
    wanted: async (name) => groupOf(name).desired,
    protect: async (machine) => {
      fake.machines.get(machine)!.isProtected = true;
    },
    exhaust: (name) => {
      groupOf(name).capacity = 0;
    },
    hold: (name, holds) => {
      groupOf(name).holds = holds;
    },
    stop: () => fake.stop(),
  };
}
