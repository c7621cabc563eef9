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
import type { GcpClients } from '../clients.ts';
import { type Failure, GroupCalls, type GroupPlace, type ManagedInstance, type NodePool } from './group-calls.ts';

/** Source: Kubernetes cloud-provider-gcp, provider IDs. */
const PROVIDER_ID = /^gce:\/\/[a-z0-9:.-]+\/([a-z0-9-]+)\/([a-z0-9-]+)$/;
const POLL_MS = 1_000;
/** Of 63 characters that a name may have, what is left before an order's key. */
const MOST_BASE = 48;
const GOING = new Set(['STOPPING', 'STOPPED', 'SUSPENDING', 'SUSPENDED', 'TERMINATED']);
const GOING_ACTIONS = new Set(['DELETING', 'ABANDONING']);
/** What the service's words mean. Source: Compute Engine, "Troubleshoot creating and updating VMs". */
const MEANINGS: readonly (readonly [said: RegExp, code: LaunchRefusal])[] = [
  [/RESOURCE_POOL_EXHAUSTED|STOCKOUT|UNAVAILABLE/, 'no-capacity'],
  [/QUOTA|LIMIT/, 'limit'],
];

type Ordered = ActOutcome<{ readonly launchedAt: number }, LaunchRefusal>;
type Removed = ActOutcome<{ readonly removedAt: number }, RemoveRefusal>;

interface Found {
  readonly place: GroupPlace;
  readonly managed: ManagedInstance;
}

export interface ManagedInstanceGroupsOptions {
  readonly clients: GcpClients;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly pollMs?: number;
}

/**
 * Managed instance groups, zonal and regional, behind GKE's node pools. A machine is ordered by a name that its order
 * gives it, so that asking twice is one machine; it is given back by name, and the group gets smaller with it.
 */
export class ManagedInstanceGroups implements MachineGroups {
  readonly #region: string;
  readonly #now: () => number;
  readonly #pollMs: number;
  readonly #calls: GroupCalls;
  /** Changing one group: one after the other. */
  readonly #turns = new InTurn();
  readonly #released = new Map<string, Released['paid']>();
  /** By order's key, where its machine was seen. */
  readonly #seen = new Map<string, GroupPlace>();

  constructor({ clients, now, pollMs = POLL_MS }: ManagedInstanceGroupsOptions) {
    this.#region = clients.region;
    this.#now = now;
    this.#pollMs = pollMs;
    this.#calls = new GroupCalls(clients);
  }

  /** As `ZONE/NAME`. */
  machineAt(providerId: string): string | null {
    const [, zone, name] = PROVIDER_ID.exec(providerId) ?? [];
    return zone?.startsWith(`${this.#region}-`) === true ? `${zone}/${name}` : null;
  }

  async groupsNamed(name: string, signal: AbortSignal): Promise<readonly MachineGroup[]> {
    const pools = (await this.#pools(signal)).filter((pool) => pool.name === name);
    const groups = pools.flatMap(({ cluster, groups: places }) => places.map((place) => ({ cluster, place })));
    return Promise.all(
      groups.map(async ({ cluster, place }): Promise<MachineGroup> => {
        const staying = (await this.#calls.managed(place)).filter(({ action }) => !GOING_ACTIONS.has(action));
        const machines = staying.flatMap((one) => (one.zone === null ? [] : [`${one.zone}/${one.name}`]));
        return { id: idOf(place), cluster, zones: place.kind === 'zones' ? [place.location] : null, machines };
      }),
    );
  }

  async order({ id }: MachineGroup, order: MachineOrder, signal: AbortSignal): Promise<Ordered> {
    const place = placeOf(id);
    return this.#turns.do(id, async () => {
      const group = await this.#calls.group(place);
      if (group === null) return { ok: false, code: 'refused', reason: `there is no instance group ${place.name}` };
      const name = `${group.baseInstanceName.slice(0, MOST_BASE)}${endOf(order.key)}`;
      const known = (await this.#calls.managed(place)).some((one) => one.name === name);
      if (!known) {
        if (this.#seen.has(order.key)) return gaveUp('it has gone again');
        const most = (await this.#poolOf(place, signal))?.most ?? null;
        if (most !== null && group.targetSize >= most) {
          return {
            ok: false,
            code: 'limit',
            reason: `${place.name} wants ${group.targetSize} machines, and ${most} at most`,
          };
        }
        const [failed] = await this.#calls.create(place, name);
        if (failed !== undefined) return notLaunched(place, failed);
      }
      return this.#untilThere(place, name, order, signal);
    });
  }

  async ordered(key: string, signal: AbortSignal): Promise<OrderedMachine | null> {
    if (this.#released.has(key)) return { machine: null, isLost: true };
    const found = await this.#find(key, signal);
    if (found === null) return this.#seen.has(key) ? { machine: null, isLost: true } : null;
    const { zone, name, action } = found.managed;
    return { machine: zone === null ? null : `${zone}/${name}`, isLost: GOING_ACTIONS.has(action) };
  }

  async release(key: string, signal: AbortSignal): Promise<ActOutcome<Released, RemoveRefusal>> {
    const known = this.#released.get(key);
    if (known !== undefined) return { ok: true, paid: known };
    const found = await this.#find(key, signal);
    if (found === null) return { ok: true, paid: null };
    const { place, managed } = found;
    const { zone, name } = managed;
    const before = zone === null ? null : await this.#calls.instance(zone, name);
    const removed = await this.#delete(place, managed, signal);
    const paid = before === null ? null : { from: before.createdAt, until: removed.removedAt };
    this.#released.set(key, paid);
    return { ok: true, paid };
  }

  async isGoing(machine: string, signal: AbortSignal): Promise<boolean> {
    const [zone, name] = machine.split('/') as [string, string];
    const instance = await this.#calls.instance(zone, name);
    if (instance === null || GOING.has(instance.status)) return true;
    signal.throwIfAborted();
    const members = instance.group === null ? [] : await this.#calls.managed(instance.group);
    return members.some((one) => one.name === name && GOING_ACTIONS.has(one.action));
  }

  async remove(machine: string, signal: AbortSignal): Promise<Removed> {
    const [zone, name] = machine.split('/') as [string, string];
    const instance = await this.#calls.instance(zone, name);
    if (instance === null) return { ok: true, removedAt: this.#now() };
    const { group: place, isProtected } = instance;
    if (place === null) return refused('unknown-owner', `${machine} is of no instance group; it is not deleted`);
    const why = await this.#turns.do(idOf(place), async () => {
      const managed = (await this.#calls.managed(place)).find((one) => one.name === name);
      if (managed === undefined || GOING_ACTIONS.has(managed.action)) return null;
      if (isProtected) return refused('protected', `${machine} is protected from deletion`);
      const group = await this.#calls.group(place);
      const least = (await this.#poolOf(place, signal))?.least ?? 0;
      if (group !== null && group.targetSize <= least) {
        return refused('minimum', `${place.name} wants ${group.targetSize} machines, and ${least} at least`);
      }
      await this.#calls.delete(place, managed.url ?? (await this.#calls.urlOf(zone, name)));
      return null;
    });
    if (why !== null) return why;
    return { ok: true, removedAt: await this.#untilGone(zone, name, signal) };
  }

  async #untilThere(place: GroupPlace, name: string, order: MachineOrder, signal: AbortSignal): Promise<Ordered> {
    for (;;) {
      const managed = (await this.#calls.managed(place)).find((one) => one.name === name);
      if (managed === undefined || GOING_ACTIONS.has(managed.action)) return gaveUp('it has gone again');
      this.#seen.set(order.key, place);
      const [failed] = managed.errors;
      const instance =
        managed.zone === null || failed !== undefined ? null : await this.#calls.instance(managed.zone, name);
      if (instance !== null) return this.#taken(place, managed, instance, order, signal);
      if (failed !== undefined) {
        await this.#delete(place, managed, signal);
        return notLaunched(place, failed);
      }
      await sleep(this.#pollMs, undefined, { signal });
    }
  }

  /** A group over several zones chooses by itself: what was not meant is given back. */
  async #taken(
    place: GroupPlace,
    managed: ManagedInstance,
    { machineType, createdAt }: { readonly machineType: string; readonly createdAt: number },
    { instanceType, zone }: MachineOrder,
    signal: AbortSignal,
  ): Promise<Ordered> {
    if (machineType === instanceType && (zone === null || managed.zone === zone))
      return { ok: true, launchedAt: createdAt };
    await this.#delete(place, managed, signal);
    const came = `${machineType} in ${managed.zone} came, and not ${instanceType} in ${zone ?? 'any zone'}`;
    return gaveUp(`${came}; it was given back`);
  }

  async #delete(place: GroupPlace, { name, url, zone }: ManagedInstance, signal: AbortSignal) {
    await this.#calls.delete(place, url ?? (await this.#calls.urlOf(zone ?? place.location, name)));
    return { removedAt: zone === null ? this.#now() : await this.#untilGone(zone, name, signal) };
  }

  async #untilGone(zone: string, name: string, signal: AbortSignal): Promise<number> {
    while ((await this.#calls.instance(zone, name)) !== null) await sleep(this.#pollMs, undefined, { signal });
    return this.#now();
  }

  /** Also one that is still to be made, or could not be. */
  async #find(key: string, signal: AbortSignal): Promise<Found | null> {
    const seen = this.#seen.get(key);
    const places = seen === undefined ? (await this.#pools(signal)).flatMap(({ groups }) => groups) : [seen];
    for (const place of places) {
      const managed = (await this.#calls.managed(place)).find(({ name }) => name.endsWith(endOf(key)));
      if (managed === undefined) continue;
      this.#seen.set(key, place);
      return { place, managed };
    }
    return null;
  }

  async #poolOf(place: GroupPlace, signal: AbortSignal): Promise<NodePool | null> {
    return (await this.#pools(signal)).find(({ groups }) => groups.some((one) => idOf(one) === idOf(place))) ?? null;
  }

  /** Those of this region. */
  async #pools(signal: AbortSignal): Promise<readonly NodePool[]> {
    const isHere = ({ location }: GroupPlace) => location === this.#region || location.startsWith(`${this.#region}-`);
    const pools = await this.#calls.nodePools(signal);
    return pools.map((pool) => ({ ...pool, groups: pool.groups.filter(isHere) }));
  }
}

function idOf({ kind, location, name }: GroupPlace): string {
  return `${kind}/${location}/${name}`;
}

function placeOf(id: string): GroupPlace {
  const [kind, location, name] = id.split('/') as [GroupPlace['kind'], string, string];
  return { kind, location, name };
}

/** What the name of an order's machine ends with. */
function endOf(key: string): string {
  return `-r${key}`;
}

function notLaunched({ name }: GroupPlace, { code: said, message }: Failure): Extract<Ordered, { ok: false }> {
  const [, code = 'refused' as const] = MEANINGS.find(([one]) => one.test(said)) ?? [];
  return { ok: false, code, reason: `${name} launched nothing: ${said}: ${message}` };
}

function gaveUp(reason: string): Extract<Ordered, { ok: false }> {
  return { ok: false, code: 'no-capacity', reason };
}

function refused(code: RemoveRefusal, reason: string): Extract<Removed, { ok: false }> {
  return { ok: false, code, reason };
}
