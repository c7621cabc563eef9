import type { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { cloudOutage } from '@restow/executor';
import { z } from 'zod';
import type { AwsClients } from '../clients.ts';
import { decodeScalingGroup, type ScalingGroup } from './scaling-group.ts';

const machineSchema = z.object({
  InstanceId: z.string().min(1),
  InstanceType: z.string().optional(),
  LaunchTime: z.date(),
  State: z.object({ Name: z.string() }),
  Placement: z.object({ AvailabilityZone: z.string().optional() }).optional(),
});

export interface Machine {
  readonly id: string;
  readonly instanceType: string | null;
  readonly zone: string | null;
  /** Milliseconds since the epoch. */
  readonly launchedAt: number;
  /** `pending`, `running`, `shutting-down`, `terminated` … */
  readonly state: string;
}

/** What is asked of Auto Scaling and EC2 about groups; an answer that is not understood, or none, is an outage. */
export class ScalingCalls {
  readonly #clients: AwsClients;

  constructor(clients: AwsClients) {
    this.#clients = clients;
  }

  /** null: there is no such group. */
  async group(id: string, signal: AbortSignal): Promise<ScalingGroup | null> {
    const [found] = await this.#groups({ AutoScalingGroupNames: [id] }, signal);
    return found ?? null;
  }

  /** Groups with a tag of that value, or of that key. */
  groupsTagged(filter: { readonly value: string } | { readonly key: string }, signal: AbortSignal) {
    const [Name, wanted] = 'value' in filter ? ['tag-value', filter.value] : ['tag-key', filter.key];
    return this.#groups({ Filters: [{ Name, Values: [wanted] }] }, signal);
  }

  /** null: it is of no group. */
  async groupIdOf(machine: string, signal: AbortSignal): Promise<string | null> {
    return asking('DescribeAutoScalingInstances', async () => {
      const { DescribeAutoScalingInstancesCommand } = await import('@aws-sdk/client-auto-scaling');
      const client = await this.#clients.autoScaling();
      const command = new DescribeAutoScalingInstancesCommand({ InstanceIds: [machine] });
      const { AutoScalingInstances = [] } = await client.send(command, { abortSignal: signal });
      return AutoScalingInstances[0]?.AutoScalingGroupName ?? null;
    });
  }

  /** The oldest that stays of those with the tag, else the last that has gone. */
  async machineTagged(key: string, signal: AbortSignal): Promise<Machine | null> {
    const machines = await this.#machines({ Filters: [{ Name: 'tag-key', Values: [key] }] }, signal);
    const sorted = machines.toSorted((one, other) => one.launchedAt - other.launchedAt || (one.id < other.id ? -1 : 1));
    return sorted.find(({ state }) => !isFree(state)) ?? sorted.at(-1) ?? null;
  }

  /** null: the cloud does not know it any more. */
  async machine(id: string, signal: AbortSignal): Promise<Machine | null> {
    const [found] = await this.#machines({ InstanceIds: [id] }, signal);
    return found ?? null;
  }

  /** Makes the group smaller by that machine. */
  async terminate(machine: string, signal: AbortSignal): Promise<void> {
    await this.#change('TerminateInstanceInAutoScalingGroup', async (client) => {
      const { TerminateInstanceInAutoScalingGroupCommand } = await import('@aws-sdk/client-auto-scaling');
      const command = new TerminateInstanceInAutoScalingGroupCommand({
        InstanceId: machine,
        ShouldDecrementDesiredCapacity: true,
      });
      await client.send(command, { abortSignal: signal });
    });
  }

  async setDesired(id: string, desired: number, signal: AbortSignal): Promise<void> {
    await this.#change('SetDesiredCapacity', async (client) => {
      const { SetDesiredCapacityCommand } = await import('@aws-sdk/client-auto-scaling');
      const command = new SetDesiredCapacityCommand({
        AutoScalingGroupName: id,
        DesiredCapacity: desired,
        HonorCooldown: false,
      });
      await client.send(command, { abortSignal: signal });
    });
  }

  /** On the group, and on every machine that it launches while it has the tag. */
  async tag(id: string, key: string, value: string, signal: AbortSignal): Promise<void> {
    await this.#change('CreateOrUpdateTags', async (client) => {
      const { CreateOrUpdateTagsCommand } = await import('@aws-sdk/client-auto-scaling');
      const command = new CreateOrUpdateTagsCommand({ Tags: [{ ...tagOf(id, key), Value: value }] });
      await client.send(command, { abortSignal: signal });
    });
  }

  async untag(id: string, key: string, signal: AbortSignal): Promise<void> {
    await this.#change('DeleteTags', async (client) => {
      const { DeleteTagsCommand } = await import('@aws-sdk/client-auto-scaling');
      await client.send(new DeleteTagsCommand({ Tags: [tagOf(id, key)] }), { abortSignal: signal });
    });
  }

  async suspend(id: string, process: string, signal: AbortSignal): Promise<void> {
    await this.#change('SuspendProcesses', async (client) => {
      const { SuspendProcessesCommand } = await import('@aws-sdk/client-auto-scaling');
      const command = new SuspendProcessesCommand({ AutoScalingGroupName: id, ScalingProcesses: [process] });
      await client.send(command, { abortSignal: signal });
    });
  }

  async resume(id: string, process: string, signal: AbortSignal): Promise<void> {
    await this.#change('ResumeProcesses', async (client) => {
      const { ResumeProcessesCommand } = await import('@aws-sdk/client-auto-scaling');
      const command = new ResumeProcessesCommand({ AutoScalingGroupName: id, ScalingProcesses: [process] });
      await client.send(command, { abortSignal: signal });
    });
  }

  /** The last things that the group has done, the newest first. */
  async activities(id: string, signal: AbortSignal): Promise<readonly unknown[]> {
    return asking('DescribeScalingActivities', async () => {
      const { DescribeScalingActivitiesCommand } = await import('@aws-sdk/client-auto-scaling');
      const client = await this.#clients.autoScaling();
      const command = new DescribeScalingActivitiesCommand({ AutoScalingGroupName: id, MaxRecords: MOST_ACTIVITIES });
      return (await client.send(command, { abortSignal: signal })).Activities ?? [];
    });
  }

  async #groups(input: object, signal: AbortSignal): Promise<ScalingGroup[]> {
    return asking('DescribeAutoScalingGroups', async () => {
      const { paginateDescribeAutoScalingGroups } = await import('@aws-sdk/client-auto-scaling');
      const client = await this.#clients.autoScaling();
      const found: ScalingGroup[] = [];
      for await (const page of paginateDescribeAutoScalingGroups({ client }, input, { abortSignal: signal })) {
        found.push(...(page.AutoScalingGroups ?? []).map(decodeScalingGroup));
      }
      return found;
    });
  }

  async #machines(input: object, signal: AbortSignal): Promise<Machine[]> {
    try {
      return await asking('DescribeInstances', async () => {
        const { paginateDescribeInstances } = await import('@aws-sdk/client-ec2');
        const client = await this.#clients.ec2();
        const found: Machine[] = [];
        for await (const page of paginateDescribeInstances({ client }, input, { abortSignal: signal })) {
          found.push(...(page.Reservations ?? []).flatMap(({ Instances = [] }) => Instances).map(decodeMachine));
        }
        return found;
      });
    } catch (error) {
      if ((error as Error).name === 'InvalidInstanceID.NotFound') return [];
      throw error;
    }
  }

  #change(action: string, work: (client: AutoScalingClient) => Promise<void>): Promise<void> {
    return asking(action, async () => work(await this.#clients.autoScaling()));
  }
}

/** It costs nothing any more. Source: Amazon EC2, "Instance lifecycle". */
export function isFree(state: string): boolean {
  return state === 'shutting-down' || state === 'terminated';
}

const MOST_ACTIVITIES = 50;
/** The service has understood, and says no; asking again would not help. */
const ANSWERS = new Set([
  'ValidationError',
  'ValidationErrorException',
  'ScalingActivityInProgress',
  'InvalidInstanceID.NotFound',
]);

async function asking<Result>(action: string, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    if (ANSWERS.has((error as Error).name)) throw error;
    throw cloudOutage('AWS', action, error);
  }
}

function tagOf(id: string, key: string) {
  return { ResourceId: id, ResourceType: 'auto-scaling-group', Key: key, PropagateAtLaunch: true } as const;
}

function decodeMachine(item: unknown): Machine {
  const { InstanceId, InstanceType, LaunchTime, State, Placement } = machineSchema.parse(item);
  return {
    id: InstanceId,
    instanceType: InstanceType ?? null,
    zone: Placement?.AvailabilityZone ?? null,
    launchedAt: LaunchTime.getTime(),
    state: State.Name,
  };
}
