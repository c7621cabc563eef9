import type { Permission } from '../permissions.ts';

const NO_NODES = 'nodes of Auto Scaling groups can neither be ordered nor given back';
const NO_GROUP = 'restow-doctor-asks-for-no-group';
const NO_MACHINE = 'i-00000000000000000';

/** Changes are asked for on a group or machine that there is not: allowed, they are refused for that. */
export const GROUP_PERMISSIONS: readonly Permission[] = [
  {
    action: 'autoscaling:CreateOrUpdateTags',
    without: 'no node can be ordered',
    probe: async (clients, signal) => {
      const { CreateOrUpdateTagsCommand } = await import('@aws-sdk/client-auto-scaling');
      const tag = { ResourceId: NO_GROUP, ResourceType: 'auto-scaling-group', Key: 'restow.dev/doctor', Value: '' };
      const command = new CreateOrUpdateTagsCommand({ Tags: [{ ...tag, PropagateAtLaunch: false }] });
      return (await clients.autoScaling()).send(command, { abortSignal: signal });
    },
  },
  {
    action: 'autoscaling:DeleteTags',
    without: 'an ordered node stays marked, and every other of its group is marked so too',
    probe: async (clients, signal) => {
      const { DeleteTagsCommand } = await import('@aws-sdk/client-auto-scaling');
      const tag = { ResourceId: NO_GROUP, ResourceType: 'auto-scaling-group', Key: 'restow.dev/doctor' };
      return (await clients.autoScaling()).send(new DeleteTagsCommand({ Tags: [tag] }), { abortSignal: signal });
    },
  },
  {
    action: 'autoscaling:DescribeAutoScalingGroups',
    without: NO_NODES,
    probe: async (clients, signal) => {
      const { DescribeAutoScalingGroupsCommand } = await import('@aws-sdk/client-auto-scaling');
      const command = new DescribeAutoScalingGroupsCommand({ MaxRecords: 1 });
      return (await clients.autoScaling()).send(command, { abortSignal: signal });
    },
  },
  {
    action: 'autoscaling:DescribeAutoScalingInstances',
    without: 'no node can be given back',
    probe: async (clients, signal) => {
      const { DescribeAutoScalingInstancesCommand } = await import('@aws-sdk/client-auto-scaling');
      const command = new DescribeAutoScalingInstancesCommand({ MaxRecords: 1 });
      return (await clients.autoScaling()).send(command, { abortSignal: signal });
    },
  },
  {
    action: 'autoscaling:DescribeScalingActivities',
    without: 'no node can be ordered: that there are none to be had would not be heard',
    probe: async (clients, signal) => {
      const { DescribeScalingActivitiesCommand } = await import('@aws-sdk/client-auto-scaling');
      const command = new DescribeScalingActivitiesCommand({ MaxRecords: 1 });
      return (await clients.autoScaling()).send(command, { abortSignal: signal });
    },
  },
  {
    action: 'autoscaling:ResumeProcesses',
    without: 'a group of which an order was taken back launches nothing any more',
    probe: async (clients, signal) => {
      const { ResumeProcessesCommand } = await import('@aws-sdk/client-auto-scaling');
      const command = new ResumeProcessesCommand({ AutoScalingGroupName: NO_GROUP, ScalingProcesses: ['Launch'] });
      return (await clients.autoScaling()).send(command, { abortSignal: signal });
    },
  },
  {
    action: 'autoscaling:SetDesiredCapacity',
    without: 'no node can be ordered',
    probe: async (clients, signal) => {
      const { SetDesiredCapacityCommand } = await import('@aws-sdk/client-auto-scaling');
      const command = new SetDesiredCapacityCommand({ AutoScalingGroupName: NO_GROUP, DesiredCapacity: 0 });
      return (await clients.autoScaling()).send(command, { abortSignal: signal });
    },
  },
  {
    action: 'autoscaling:SuspendProcesses',
    without: 'an order for which nothing comes cannot be taken back',
    probe: async (clients, signal) => {
      const { SuspendProcessesCommand } = await import('@aws-sdk/client-auto-scaling');
      const command = new SuspendProcessesCommand({ AutoScalingGroupName: NO_GROUP, ScalingProcesses: ['Launch'] });
      return (await clients.autoScaling()).send(command, { abortSignal: signal });
    },
  },
  {
    action: 'autoscaling:TerminateInstanceInAutoScalingGroup',
    without: 'no node can be given back',
    probe: async (clients, signal) => {
      const { TerminateInstanceInAutoScalingGroupCommand } = await import('@aws-sdk/client-auto-scaling');
      const input = { InstanceId: NO_MACHINE, ShouldDecrementDesiredCapacity: true };
      const command = new TerminateInstanceInAutoScalingGroupCommand(input);
      return (await clients.autoScaling()).send(command, { abortSignal: signal });
    },
  },
  {
    action: 'ec2:DescribeInstances',
    without: NO_NODES,
    probe: async (clients, signal) => {
      const { DescribeInstancesCommand } = await import('@aws-sdk/client-ec2');
      return (await clients.ec2()).send(new DescribeInstancesCommand({ DryRun: true }), { abortSignal: signal });
    },
  },
];
