import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ActOutcome,
  InTurn,
  type LaunchRefusal,
  type MachineGroup,
  type MachineGroups,
  type MachineOrder,
  type OrderedMachine,
  type Released,
  type RemoveRefusal,
} from '@restow/executor';
import { AwsClients } from '../clients.ts';
import { failedLaunch, newestOf } from './failed-launch.ts';
import { isFree, type Machine, ScalingCalls } from './scaling-calls.ts';
import { isGoing, machinesByZone, type ScalingGroup } from './scaling-group.ts';

/** Source: Kubernetes cloud-provider-aws, provider IDs. */
const PROVIDER_ID = /^aws:\/\/\/([a-z0-9-]+)\/(i-[a-z0-9]+)$/;
const ORDER_TAG = 'restow.dev/order-';
const POLL_MS = 1_000;

type Ordered = ActOutcome<{ readonly launchedAt: number }, LaunchRefusal>;
type Removed = ActOutcome<{ readonly removedAt: number }, RemoveRefusal>;
type Unordered = Extract<Ordered, { ok: false }>;

export interface AutoScalingGroupsOptions {
  readonly region: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly pollMs?: number;
}

/**
 * Auto Scaling groups, also those behind EKS managed node groups. A machine is ordered by a tag that the group hands on to
 * what it launches, and one machine more; it is given back by name, and the group gets smaller with it.
 */
export class AutoScalingGroups implements MachineGroups {
  readonly #region: string;
  readonly #now: () => number;
  readonly #pollMs: number;
  readonly #calls: ScalingCalls;
  /** Changing one group: one after the other. */
  readonly #turns = new InTurn();
  readonly #released = new Map<string, Released['paid']>();

  constructor({ region, now, pollMs = POLL_MS }: AutoScalingGroupsOptions) {
    this.#region = region;
    this.#now = now;
    this.#pollMs = pollMs;
    this.#calls = new ScalingCalls(new AwsClients(region));
  }

  machineAt(providerId: string): string | null {
    const [, zone, machine] = PROVIDER_ID.exec(providerId) ?? [];
    return zone?.startsWith(this.#region) === true ? machine! : null;
  }

  async groupsNamed(name: string, signal: AbortSignal): Promise<readonly MachineGroup[]> {
    const tagged = await this.#calls.groupsTagged({ value: name }, signal);
    return tagged
      .filter(({ names }) => names.has(name))
      .map(({ id, cluster, zones, instances }) => ({
        id,
        cluster,
        zones,
        machines: instances.filter((one) => !isGoing(one)).map((one) => one.id),
      }));
  }

  async order({ id }: MachineGroup, order: MachineOrder, signal: AbortSignal): Promise<Ordered> {
    const known = await this.#calls.machineTagged(ORDER_TAG + order.key, signal);
    const tagged = known === null ? null : await this.#calls.group(id, signal);
    // The tag goes when the machine is there: before that the order may have been cut off.
    if (known !== null && tagged?.tags.has(ORDER_TAG + order.key) !== true) {
      return isFree(known.state) ? gaveUp('it has gone again') : { ok: true, launchedAt: known.launchedAt };
    }
    return this.#turns.do(id, () => this.#raise(id, order, signal));
  }

  async ordered(key: string, signal: AbortSignal): Promise<OrderedMachine | null> {
    const machine = await this.#calls.machineTagged(ORDER_TAG + key, signal);
    if (machine !== null) return { machine: machine.id, isLost: this.#released.has(key) || isFree(machine.state) };
    if (this.#released.has(key)) return { machine: null, isLost: true };
    const [group] = await this.#calls.groupsTagged({ key: ORDER_TAG + key }, signal);
    return group === undefined ? null : { machine: null, isLost: false };
  }

  async release(key: string, signal: AbortSignal): Promise<ActOutcome<Released, RemoveRefusal>> {
    const known = this.#released.get(key);
    if (known !== undefined) return { ok: true, paid: known };
    for (const { id } of await this.#calls.groupsTagged({ key: ORDER_TAG + key }, signal)) {
      await this.#turns.do(id, () => this.#withdraw(id, key, signal));
    }
    const machine = await this.#calls.machineTagged(ORDER_TAG + key, signal);
    if (machine === null) return { ok: true, paid: null };
    const removed = await this.#giveBack(machine.id, signal);
    if (!removed.ok) return removed;
    const paid = { from: machine.launchedAt, until: removed.removedAt };
    this.#released.set(key, paid);
    return { ok: true, paid };
  }

  async isGoing(machine: string, signal: AbortSignal): Promise<boolean> {
    const found = await this.#calls.machine(machine, signal);
    if (found === null || isFree(found.state)) return true;
    const id = await this.#calls.groupIdOf(machine, signal);
    const group = id === null ? null : await this.#calls.group(id, signal);
    const member = group?.instances.find((one) => one.id === machine);
    return member !== undefined && isGoing(member);
  }

  async remove(machine: string, signal: AbortSignal): Promise<Removed> {
    const id = await this.#calls.groupIdOf(machine, signal);
    if (id === null) {
      const left = await this.#calls.machine(machine, signal);
      if (left === null || isFree(left.state)) return { ok: true, removedAt: this.#now() };
      return refused('unknown-owner', `${machine} is of no Auto Scaling group; it is not terminated`);
    }
    const why = await this.#turns.do(id, async () => {
      const group = await this.#calls.group(id, signal);
      if (group === null) return null;
      const member = group.instances.find((one) => one.id === machine);
      if (member === undefined || isGoing(member)) return null;
      const reason = whyNotRemoved(group, machine);
      if (reason !== null) return reason;
      await this.#calls.terminate(machine, signal);
      return null;
    });
    return why ?? this.#untilFree(machine, signal);
  }

  /** Raises the group by one and waits for what comes of it. */
  async #raise(id: string, order: MachineOrder, signal: AbortSignal): Promise<Ordered> {
    const tag = ORDER_TAG + order.key;
    const before = await this.#calls.group(id, signal);
    if (before === null) return { ok: false, code: 'refused', reason: `there is no Auto Scaling group ${id}` };
    const mark = readMark(before.tags.get(tag)) ?? {
      desired: before.desired,
      since: newestOf(await this.#calls.activities(id, signal)),
    };
    if (!before.tags.has(tag)) {
      const reason = whyNotRaised(before, order);
      if (reason !== null) return reason;
      await this.#calls.tag(id, tag, `${mark.desired}/${mark.since}`, signal);
    }
    // Somebody may have made it smaller since; what has come already is not ordered again.
    if (before.desired <= mark.desired && (await this.#calls.machineTagged(tag, signal)) === null) {
      await this.#calls.setDesired(id, mark.desired + 1, signal);
    }
    for (;;) {
      const machine = await this.#calls.machineTagged(tag, signal);
      if (machine !== null) {
        await this.#calls.untag(id, tag, signal);
        return this.#taken(order, machine, signal);
      }
      const failed = failedLaunch(await this.#calls.activities(id, signal), mark.since);
      if (failed !== null && (await this.#withdraw(id, order.key, signal)) === null) {
        return { ok: false, code: failed.code, reason: `${id} launched nothing: ${failed.reason}` };
      }
      await sleep(this.#pollMs, undefined, { signal });
    }
  }

  /** A group chooses among its types and zones by itself: what was not meant is given back. */
  async #taken({ instanceType, zone }: MachineOrder, machine: Machine, signal: AbortSignal): Promise<Ordered> {
    const isOther =
      (machine.instanceType !== null && machine.instanceType !== instanceType) ||
      (zone !== null && machine.zone !== null && machine.zone !== zone);
    if (!isOther) return { ok: true, launchedAt: machine.launchedAt };
    const back = await this.#giveBack(machine.id, signal);
    const came = `${machine.instanceType} in ${machine.zone} came, and not ${instanceType} in ${zone ?? 'any zone'}`;
    return gaveUp(back.ok ? `${came}; it was given back` : `${came}; it is still there: ${back.reason}`);
  }

  /**
   * Takes an order back for which nothing has come: null; else the machine that has come meanwhile. Nothing is launched
   * while that is looked at: a group that is made smaller than it is chooses by itself what goes.
   */
  async #withdraw(id: string, key: string, signal: AbortSignal): Promise<Machine | null> {
    const tag = ORDER_TAG + key;
    const before = await this.#calls.group(id, signal);
    const mark = readMark(before?.tags.get(tag));
    if (before === null || mark === null) return this.#calls.machineTagged(tag, signal);
    await this.#calls.suspend(id, 'Launch', signal);
    try {
      const machine = await this.#calls.machineTagged(tag, signal);
      const group = await this.#calls.group(id, signal);
      const staying = group?.instances.filter((one) => !isGoing(one)).length ?? 0;
      if (group !== null && machine === null && group.desired > mark.desired && staying < group.desired) {
        await this.#calls.setDesired(id, group.desired - 1, signal);
      }
      await this.#calls.untag(id, tag, signal);
      return machine;
    } finally {
      await this.#calls.resume(id, 'Launch', signal);
    }
  }

  async #giveBack(machine: string, signal: AbortSignal): Promise<Removed> {
    const id = await this.#calls.groupIdOf(machine, signal);
    const group = id === null ? null : await this.#calls.group(id, signal);
    const member = group?.instances.find((one) => one.id === machine);
    if (member !== undefined && !isGoing(member)) await this.#calls.terminate(machine, signal);
    return this.#untilFree(machine, signal);
  }

  /** A lifecycle hook may hold a machine for long, and it is paid for until it lets go. */
  async #untilFree(machine: string, signal: AbortSignal): Promise<Removed> {
    for (;;) {
      const now = await this.#calls.machine(machine, signal);
      if (now === null || isFree(now.state)) return { ok: true, removedAt: this.#now() };
      await sleep(this.#pollMs, undefined, { signal });
    }
  }
}

function whyNotRaised(group: ScalingGroup, { instanceType, zone }: MachineOrder): Unordered | null {
  const { id, desired, most, suspended, instanceTypes } = group;
  if (suspended.has('Launch')) return { ok: false, code: 'refused', reason: `${id} has launches suspended` };
  if (desired >= most)
    return { ok: false, code: 'limit', reason: `${id} wants ${desired} machines, and ${most} at most` };
  if (instanceTypes !== null && !instanceTypes.has(instanceType)) {
    return { ok: false, code: 'refused', reason: `${id} does not launch ${instanceType}` };
  }
  const counts = machinesByZone(group);
  const fewest = Math.min(...counts.values());
  // Source: Amazon EC2 Auto Scaling, "Distribute instances across Availability Zones".
  if (zone !== null && counts.size > 0 && counts.get(zone) !== fewest) {
    const next = [...counts].filter(([, count]) => count === fewest).map(([name]) => name);
    return gaveUp(counts.has(zone) ? `${id} launches in ${next.join(' or ')} next` : `${id} is not in ${zone}`);
  }
  return null;
}

function whyNotRemoved(group: ScalingGroup, machine: string): Extract<Removed, { ok: false }> | null {
  const { id, desired, least, instances, suspended } = group;
  const member = instances.find((one) => one.id === machine)!;
  if (member.isProtected) return refused('protected', `${machine} is protected from scale-in in ${id}`);
  if (desired <= least) return refused('minimum', `${id} wants ${desired} machines, and ${least} at least`);
  const now = machinesByZone(group);
  const left = new Map(now).set(member.zone, (now.get(member.zone) ?? 1) - 1);
  if (spreadOf(left) > Math.max(1, spreadOf(now)) && !suspended.has('AZRebalance')) {
    const reason = `without ${machine} ${id} would even out its zones by itself and stop other machines with their pods`;
    return refused('protected', `${reason}: suspend its AZRebalance, or have a group for each zone`);
  }
  return null;
}

function spreadOf(counts: ReadonlyMap<string, number>): number {
  return Math.max(...counts.values()) - Math.min(...counts.values());
}

function gaveUp(reason: string): Unordered {
  return { ok: false, code: 'no-capacity', reason };
}

function refused(code: RemoveRefusal, reason: string): Extract<Removed, { ok: false }> {
  return { ok: false, code, reason };
}

/** What was so before the order: the wanted number of machines, and the newest activity. */
function readMark(text: string | undefined): { readonly desired: number; readonly since: number } | null {
  const [, desired, since] = /^(\d+)\/(\d+)$/.exec(text ?? '') ?? [];
  return desired === undefined ? null : { desired: Number(desired), since: Number(since) };
}
