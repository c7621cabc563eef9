import type { Body, BodyOf } from '../ledger/entry.ts';
import { BLOCKED_OF, IDLE_KINDS, type IdleKind, idleParts, type UsualMix, usualMixOf } from './idle.ts';
import { largestRemainder, rounded } from './largest-remainder.ts';
import { RationalSum } from './rational.ts';
import {
  amountsOf,
  askedOf,
  type NodeInterval,
  type PodInterval,
  RESOURCES,
  type Resource,
  UNIT_WORTH,
  worthOf,
} from './resources.ts';

/** Half open, milliseconds since the epoch. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

/** What one pod cost on one node, or what nobody asked for there. */
export interface Share {
  readonly node: NodeInterval;
  /** null: idle. */
  readonly pod: PodInterval | null;
  /** Why it is; null where it is a pod's. */
  readonly idle: IdleKind | null;
  readonly cpuMicros: number;
  readonly memoryMicros: number;
  readonly gpuMicros: number;
  /** So long it was there within the period; of what is idle, with `free` alone. */
  readonly ms: number;
}

export interface Allocation {
  readonly period: Period;
  /** Whole micro-units, whose sum is `microsTotal`. */
  readonly shares: readonly Share[];
  readonly microsTotal: number;
  /** Nodes that were there and whose price is not known, with how long they were. */
  readonly unpriced: readonly { readonly name: string; readonly ms: number }[];
}

const HOUR_MS = 3_600_000n;

/**
 * Every priced node's cost in a period, divided among the pods that ran on it and idle (OpenCost specification: of each
 * resource the larger of what was requested and what was used, where that is known). What pods ask for beyond what a node
 * has is divided among them as they ask. Exact until the end, where it is rounded once for each node.
 */
export function allocate(bodies: Iterable<Body>, period: Period): Allocation {
  const nodes = new Map<string, NodeInterval[]>();
  const pods = new Map<string, PodInterval[]>();
  const plans: BodyOf<'plan'>[] = [];
  for (const body of bodies) {
    if (body.kind === 'plan') plans.push(body);
    if (body.kind === 'node') push(nodes, body.uid, clipped(body, period));
    if (body.kind === 'pod') push(pods, body.node, clipped(body, period));
  }
  const mix = usualMixOf([...pods.values()].flat());
  plans.sort((one, other) => one.at - other.at || (one.run < other.run ? -1 : 1));
  const shares: Share[] = [];
  const unpriced = new Map<string, number>();
  let microsTotal = 0;
  for (const [uid, intervals] of [...nodes].sort(byKey)) {
    for (const { name, from, until, microsPerHour } of intervals) {
      if (microsPerHour === null) unpriced.set(name, (unpriced.get(name) ?? 0) + until - from);
    }
    const found = sharesOfNode(intervals, pods.get(uid) ?? [], mix, plans);
    shares.push(...found.shares);
    microsTotal += found.micros;
  }
  return { period, shares, microsTotal, unpriced: [...unpriced].map(([name, ms]) => ({ name, ms })) };
}

export function microsOf(shares: readonly Share[]): number {
  return shares.reduce((sum, { cpuMicros, memoryMicros, gpuMicros }) => sum + cpuMicros + memoryMicros + gpuMicros, 0);
}

interface Account {
  readonly pod: PodInterval | null;
  readonly idle: IdleKind | null;
  readonly parts: Readonly<Record<Resource, RationalSum>>;
  ms: number;
}

/** Of one node, who asked for what of it. */
class Accounts {
  readonly #all = new Map<string, Account>();

  ofPod(pod: PodInterval): Account {
    return this.#open(`${pod.namespace}/${pod.name}/${pod.uid}`, pod, null);
  }

  ofIdle(kind: IdleKind): Account {
    return this.#open(kind, null, kind);
  }

  /** Idle first, and always in one order. */
  get ordered(): Account[] {
    const idle = IDLE_KINDS.flatMap((kind) => this.#all.get(kind) ?? []);
    const pods = [...this.#all].filter(([, { pod }]) => pod !== null).sort(byKey);
    return [...idle, ...pods.map(([, account]) => account)];
  }

  #open(key: string, pod: PodInterval | null, idle: IdleKind | null): Account {
    let account = this.#all.get(key);
    if (account === undefined) {
      const parts = { cpu: new RationalSum(), memory: new RationalSum(), gpu: new RationalSum() };
      account = { pod, idle, parts, ms: 0 };
      this.#all.set(key, account);
    }
    return account;
  }
}

function sharesOfNode(
  intervals: readonly NodeInterval[],
  pods: readonly PodInterval[],
  mix: UsualMix,
  plans: readonly BodyOf<'plan'>[],
) {
  const accounts = new Accounts();
  const coming = pods.toSorted(byTime);
  let there: PodInterval[] = [];
  let next = 0;
  for (const node of intervals.toSorted(byTime)) {
    there = there.filter(({ until }) => until > node.from);
    for (; next < coming.length && coming[next]!.from < node.until; next++) {
      if (coming[next]!.until > node.from) there.push(coming[next]!);
    }
    if (node.microsPerHour === null) continue;
    const planned = plans.slice(firstAfter(plans, node.from), firstAfter(plans, node.until));
    const changes = [...there.flatMap(({ from, until }) => [from, until]), ...planned.map(({ at }) => at)];
    const inside = changes.filter((at) => at > node.from && at < node.until);
    const sorted = [...new Set([node.from, ...inside, node.until])].sort((one, other) => one - other);
    for (const [index, from] of sorted.slice(0, -1).entries()) {
      const until = sorted[index + 1]!;
      const running = there.filter((pod) => pod.from <= from && pod.until >= until);
      accounts.ofIdle('free').ms += until - from;
      for (const pod of running) accounts.ofPod(pod).ms += until - from;
      const plan = plans[firstAfter(plans, from) - 1] ?? null;
      divide({ node, ms: BigInt(until - from), pods: running, mix, plan }, accounts);
    }
  }
  const { ordered } = accounts;
  const parts = ordered.flatMap((account) => RESOURCES.map((resource) => account.parts[resource]));
  const sum = new RationalSum();
  for (const part of parts) sum.addAll(part);
  const total = rounded(sum);
  const micros = largestRemainder(parts, total);
  const last = intervals.at(-1);
  const shares = ordered.map(({ pod, idle, ms }, index): Share => {
    const [cpu, memory, gpu] = micros.slice(3 * index, 3 * index + 3).map(Number);
    return { node: last!, pod, idle, cpuMicros: cpu!, memoryMicros: memory!, gpuMicros: gpu!, ms };
  });
  return { shares, micros: Number(total) };
}

interface Moment {
  readonly node: NodeInterval;
  /** For so long nothing changes. */
  readonly ms: bigint;
  readonly pods: readonly PodInterval[];
  readonly mix: UsualMix;
  readonly plan: BodyOf<'plan'> | null;
}

/** One node's price for as long as nothing changes. */
function divide({ node, ms, pods, mix, plan }: Moment, accounts: Accounts): void {
  const has = amountsOf(node);
  const all = worthOf(has);
  const paid = BigInt(node.microsPerHour!) * ms;
  // A node that has nothing to give is idle.
  if (all === 0n) {
    accounts.ofIdle('free').parts.cpu.add(paid, HOUR_MS);
    return;
  }
  const asked = pods.map((pod) => ({ pod, amounts: askedOf(pod) }));
  const free = { cpu: 0n, memory: 0n, gpu: 0n };
  for (const resource of RESOURCES) {
    const sum = asked.reduce((so, { amounts }) => so + amounts[resource], 0n);
    const whole = sum > has[resource] ? sum : has[resource];
    if (whole === 0n) continue;
    const price = paid * has[resource] * UNIT_WORTH[resource];
    for (const { pod, amounts } of asked) {
      if (amounts[resource] > 0n) {
        accounts.ofPod(pod).parts[resource].add(price * amounts[resource], HOUR_MS * all * whole);
      }
    }
    free[resource] = whole - sum;
  }
  const why = idleParts({ node, has, free, pods, mix, plan });
  for (const resource of RESOURCES) {
    if (free[resource] === 0n) continue;
    const add = (kind: IdleKind, amount: bigint, part: bigint) => {
      if (amount * part === 0n) return;
      accounts
        .ofIdle(kind)
        .parts[resource].add(paid * UNIT_WORTH[resource] * amount * part, HOUR_MS * all * BLOCKED_OF);
    };
    const rest = BLOCKED_OF - why.blocked;
    const reserve = why.reserve[resource];
    const stranded = why.stranded[resource];
    add('blocked', free[resource], why.blocked);
    add('reserve', reserve, rest);
    add('stranded', stranded, rest);
    add('free', free[resource] - reserve - stranded, rest);
  }
}

/** Where in the sorted plans the first is that was made later. */
function firstAfter(plans: readonly BodyOf<'plan'>[], at: number): number {
  let [low, high] = [0, plans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (plans[middle]!.at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The part of it that is in the period. */
function clipped<Interval extends { readonly from: number; readonly until: number }>(
  interval: Interval,
  { from, to }: Period,
): Interval[] {
  const clip = { ...interval, from: Math.max(interval.from, from), until: Math.min(interval.until, to) };
  return clip.from < clip.until ? [clip] : [];
}

function push<Value>(map: Map<string, Value[]>, key: string, values: readonly Value[]): void {
  if (values.length === 0) return;
  const list = map.get(key);
  if (list === undefined) map.set(key, [...values]);
  else list.push(...values);
}

function byKey([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

function byTime(one: { readonly from: number }, other: { readonly from: number }): number {
  return one.from - other.from;
}
