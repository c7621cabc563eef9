import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toXml } from './to-xml.ts';

/** A group as the fake has it; what a test changes, it changes here. */
export interface FakeGroup {
  readonly id: string;
  least: number;
  most: number;
  desired: number;
  readonly zones: readonly string[];
  /** It launches these in turn. */
  readonly instanceTypes: readonly string[];
  readonly tags: Map<string, string>;
  readonly suspended: Set<string>;
  /** How many more it can have. */
  capacity: number;
  /** A lifecycle hook that lets nothing go. */
  holds: boolean;
}

export interface FakeMachine {
  readonly id: string;
  readonly group: string;
  readonly zone: string;
  readonly instanceType: string;
  readonly launchedAt: Date;
  readonly tags: ReadonlyMap<string, string>;
  lifecycle: string;
  state: string;
  isProtected: boolean;
}

/** Auto Scaling and EC2's instances over the real protocols, on loopback, for what moto does not play: hooks, capacity. */
export class FakeScaling {
  readonly groups = new Map<string, FakeGroup>();
  readonly machines = new Map<string, FakeMachine>();
  /** Names of all calls. */
  readonly calls: string[] = [];
  /** A call that is answered with this status first. */
  failNext: { readonly action: string; readonly status: number; readonly code: string } | null = null;
  readonly #activities: { readonly group: string; readonly at: Date; readonly message: string }[] = [];
  readonly #server: Server;
  #count = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      void (async () => {
        let text = '';
        for await (const chunk of request.setEncoding('utf8')) text += chunk;
        const { status, body } = this.#respond(new URLSearchParams(text));
        response.writeHead(status, { 'content-type': 'text/xml' });
        response.end(body);
      })();
    });
  }

  static async start(): Promise<FakeScaling> {
    const fake = new FakeScaling();
    await new Promise<void>((resolve) => fake.#server.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get env(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
  }

  addGroup(id: string, group: Partial<FakeGroup> & Pick<FakeGroup, 'zones' | 'instanceTypes'>): FakeGroup {
    const added: FakeGroup = {
      id,
      least: 0,
      most: 10,
      desired: 0,
      tags: new Map(),
      suspended: new Set(),
      capacity: Number.POSITIVE_INFINITY,
      holds: false,
      ...group,
    };
    this.groups.set(id, added);
    this.#settle();
    return added;
  }

  /** Machines that are paid for. */
  running(group?: string): FakeMachine[] {
    this.#settle();
    return [...this.machines.values()].filter(
      (one) => one.state === 'running' && (group === undefined || one.group === group),
    );
  }

  /** What a hook has held goes. */
  letGo(): void {
    for (const group of this.groups.values()) group.holds = false;
    this.#settle();
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** What the service does by itself, in no time: launches what is wanted, and ends what is going. */
  #settle(): void {
    for (const group of this.groups.values()) {
      const members = () => [...this.machines.values()].filter((one) => one.group === group.id && isMember(one));
      for (const one of this.machines.values()) {
        if (one.group === group.id && one.lifecycle === 'Terminating:Wait' && !group.holds) end(one);
      }
      while (members().length < group.desired && !group.suspended.has('Launch')) {
        if (group.capacity <= 0) {
          const message = `We currently do not have sufficient ${group.instanceTypes[0]} capacity (InsufficientInstanceCapacity).`;
          this.#activities.unshift({ group: group.id, at: new Date(), message });
          break;
        }
        group.capacity--;
        this.#launch(group, members());
      }
    }
  }

  #launch(group: FakeGroup, members: readonly FakeMachine[]): void {
    const counts = group.zones.map((zone) => members.filter((one) => one.zone === zone).length);
    const id = `i-${(++this.#count).toString(16).padStart(8, '0')}`;
    this.machines.set(id, {
      id,
      group: group.id,
      zone: group.zones[counts.indexOf(Math.min(...counts))]!,
      instanceType: group.instanceTypes[this.#count % group.instanceTypes.length]!,
      launchedAt: new Date(),
      tags: new Map([...group.tags, ['aws:autoscaling:groupName', group.id]]),
      lifecycle: 'InService',
      state: 'running',
      isProtected: false,
    });
  }

  #respond(form: URLSearchParams): { readonly status: number; readonly body: string } {
    const action = form.get('Action') ?? '';
    this.calls.push(action);
    if (this.failNext?.action === action) {
      const { status, code } = this.failNext;
      this.failNext = null;
      return failed(status, code, 'the fake says so');
    }
    this.#settle();
    const answer = this.#answer(action, form);
    this.#settle();
    if (typeof answer === 'string') return failed(400, 'ValidationError', answer);
    const isEc2 = action === 'DescribeInstances';
    const body = isEc2
      ? toXml(`${action}Response`, answer)
      : toXml(`${action}Response`, { [`${action}Result`]: answer }, 'member');
    return { status: 200, body };
  }

  /** A string says what is wrong with the request. */
  #answer(action: string, form: URLSearchParams): object | string {
    const group = this.groups.get(form.get('AutoScalingGroupName') ?? form.get('Tags.member.1.ResourceId') ?? '');
    switch (action) {
      case 'DescribeAutoScalingGroups':
        return { AutoScalingGroups: this.#groupsFor(form).map((one) => this.#describe(one)) };
      case 'DescribeAutoScalingInstances': {
        const one = this.machines.get(form.get('InstanceIds.member.1') ?? '');
        const isThere = one !== undefined && one.state === 'running';
        return { AutoScalingInstances: isThere ? [{ ...described(one), AutoScalingGroupName: one.group }] : [] };
      }
      case 'DescribeScalingActivities': {
        const own = this.#activities.filter((one) => one.group === group?.id);
        return {
          Activities: own.map(({ at, message }, index) => ({
            ActivityId: `a-${own.length - index}`,
            StartTime: at.toISOString(),
            StatusCode: 'Failed',
            StatusMessage: message,
            Description: 'Launching a new EC2 instance.  Status Reason: none',
          })),
        };
      }
      case 'DescribeInstances':
        return this.#instances(form);
      case 'TerminateInstanceInAutoScalingGroup':
        return this.#terminate(form);
    }
    if (group === undefined) return 'AutoScalingGroup name not found';
    switch (action) {
      case 'SetDesiredCapacity': {
        const wanted = Number(form.get('DesiredCapacity'));
        if (wanted > group.most || wanted < group.least)
          return `New SetDesiredCapacity value ${wanted} is out of bounds`;
        const members = this.running(group.id).filter(isMember);
        // As the service does: what is too much goes, whichever it is.
        for (const one of members.slice(0, Math.max(0, members.length - wanted))) this.#let(one);
        group.desired = wanted;
        return {};
      }
      case 'CreateOrUpdateTags':
        group.tags.set(form.get('Tags.member.1.Key')!, form.get('Tags.member.1.Value') ?? '');
        return {};
      case 'DeleteTags':
        group.tags.delete(form.get('Tags.member.1.Key')!);
        return {};
      case 'SuspendProcesses':
        group.suspended.add(form.get('ScalingProcesses.member.1')!);
        return {};
      case 'ResumeProcesses':
        group.suspended.delete(form.get('ScalingProcesses.member.1')!);
        return {};
      default:
        return `the fake does not know ${action}`;
    }
  }

  #groupsFor(form: URLSearchParams): FakeGroup[] {
    const name = form.get('AutoScalingGroupNames.member.1');
    const filter = form.get('Filters.member.1.Name');
    const wanted = form.get('Filters.member.1.Values.member.1') ?? '';
    return [...this.groups.values()].filter(({ id, tags }) => {
      if (name !== null) return id === name;
      return filter === 'tag-key' ? tags.has(wanted) : [...tags.values()].includes(wanted);
    });
  }

  #describe(group: FakeGroup): object {
    const { id, least, most, desired, zones, tags, suspended, instanceTypes } = group;
    return {
      AutoScalingGroupName: id,
      MinSize: least,
      MaxSize: most,
      DesiredCapacity: desired,
      AvailabilityZones: zones,
      Instances: this.running(id).map(described),
      SuspendedProcesses: [...suspended].map((ProcessName) => ({ ProcessName })),
      Tags: [...tags].map(([Key, Value]) => ({ Key, Value, ResourceId: id, PropagateAtLaunch: true })),
      MixedInstancesPolicy: {
        LaunchTemplate: { Overrides: instanceTypes.map((InstanceType) => ({ InstanceType })) },
      },
    };
  }

  #instances(form: URLSearchParams): object | string {
    const id = form.get('InstanceId.1');
    const key = form.get('Filter.1.Value.1');
    const found = [...this.machines.values()].filter((one) => (id === null ? one.tags.has(key!) : one.id === id));
    return {
      reservationSet: found.map((one) => ({
        reservationId: `r-${one.id}`,
        instancesSet: [
          {
            instanceId: one.id,
            instanceType: one.instanceType,
            launchTime: one.launchedAt.toISOString(),
            instanceState: { code: 0, name: one.state },
            placement: { availabilityZone: one.zone },
          },
        ],
      })),
    };
  }

  #terminate(form: URLSearchParams): object | string {
    const one = this.machines.get(form.get('InstanceId') ?? '');
    const group = this.groups.get(one?.group ?? '');
    if (one === undefined || group === undefined || !isMember(one)) return 'Instance Id not found';
    if (form.get('ShouldDecrementDesiredCapacity') === 'true') {
      if (group.desired <= group.least)
        return 'Currently, desiredSize equals minSize. Terminating instance without replacement will violate group size constraints.';
      group.desired--;
    }
    this.#let(one);
    return {};
  }

  #let(one: FakeMachine): void {
    one.lifecycle = 'Terminating:Wait';
  }
}

function isMember({ lifecycle, state }: FakeMachine): boolean {
  return state === 'running' && lifecycle === 'InService';
}

function end(machine: FakeMachine): void {
  machine.lifecycle = 'Terminated';
  machine.state = 'terminated';
}

function described({ id, zone, lifecycle, isProtected, instanceType }: FakeMachine): object {
  return {
    InstanceId: id,
    AvailabilityZone: zone,
    LifecycleState: lifecycle,
    ProtectedFromScaleIn: isProtected,
    HealthStatus: 'HEALTHY',
    InstanceType: instanceType,
  };
}

function failed(status: number, code: string, message: string) {
  const error = { Error: { Type: 'Sender', Code: code, Message: message }, RequestId: 'fake' };
  return { status, body: toXml('ErrorResponse', error) };
}
