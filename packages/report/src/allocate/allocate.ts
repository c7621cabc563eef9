import type { Body, BodyOf } from '../ledger/entry.ts';
import { largestRemainder, rounded } from './largest-remainder.ts';
import { RationalSum } from './rational.ts';

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
  readonly cpuMicros: number;
  readonly memoryMicros: number;
  readonly gpuMicros: number;
  /** So long it was there within the period. */
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

type NodeInterval = BodyOf<'node'>;
type PodInterval = BodyOf<'pod'>;
type Resource = 'cpu' | 'memory' | 'gpu';

/**
 * What a core, a GiB and a GPU are worth beside each other where a node has one price for all (OpenCost's default on-demand
 * prices, in nanos an hour). Only their proportion counts: a node's parts sum up to its price.
 */
const WORTH = { coreNanos: 31_611_000n, gibNanos: 4_237_000n, gpuNanos: 950_000_000n };
const RESOURCES: readonly Resource[] = ['cpu', 'memory', 'gpu'];
const HOUR_MS = 3_600_000n;
const GIB = 2n ** 30n;

/**
 * Every priced node's cost in a period, divided among the pods that ran on it and idle (OpenCost specification: of each
 * resource the larger of what was requested and what was used, where that is known). What pods ask for beyond what a node
 * has is divided among them as they ask. Exact until the end, where it is rounded once for each node.
 */
export function allocate(bodies: Iterable<Body>, period: Period): Allocation {
  const nodes = new Map<string, NodeInterval[]>();
  const pods = new Map<string, PodInterval[]>();
  for (const body of bodies) {
    if (body.kind === 'node') push(nodes, body.uid, clipped(body, period));
    if (body.kind === 'pod') push(pods, body.node, clipped(body, period));
  }
  const shares: Share[] = [];
  const unpriced = new Map<string, number>();
  let microsTotal = 0;
  for (const [uid, intervals] of [...nodes].sort(byKey)) {
    for (const { name, from, until, microsPerHour } of intervals) {
      if (microsPerHour === null) unpriced.set(name, (unpriced.get(name) ?? 0) + until - from);
    }
    const found = sharesOfNode(intervals, pods.get(uid) ?? []);
    shares.push(...found.shares);
    microsTotal += found.micros;
  }
  return { period, shares, microsTotal, unpriced: [...unpriced].map(([name, ms]) => ({ name, ms })) };
}

interface Account {
  readonly pod: PodInterval | null;
  readonly parts: Readonly<Record<Resource, RationalSum>>;
  ms: number;
}

function sharesOfNode(intervals: readonly NodeInterval[], pods: readonly PodInterval[]) {
  const accounts = new Map<string, Account>();
  const accountOf = (pod: PodInterval | null): Account => {
    const key = pod === null ? '' : `${pod.namespace}/${pod.name}/${pod.uid}`;
    let account = accounts.get(key);
    if (account === undefined) {
      account = { pod, parts: { cpu: new RationalSum(), memory: new RationalSum(), gpu: new RationalSum() }, ms: 0 };
      accounts.set(key, account);
    }
    return account;
  };
  const coming = pods.toSorted(byTime);
  let there: PodInterval[] = [];
  let next = 0;
  for (const node of intervals.toSorted(byTime)) {
    there = there.filter(({ until }) => until > node.from);
    for (; next < coming.length && coming[next]!.from < node.until; next++) {
      if (coming[next]!.until > node.from) there.push(coming[next]!);
    }
    if (node.microsPerHour === null) continue;
    const moments = new Set([node.from, node.until]);
    for (const { from, until } of there) {
      for (const at of [from, until]) if (at > node.from && at < node.until) moments.add(at);
    }
    const sorted = [...moments].sort((one, other) => one - other);
    for (const [index, from] of sorted.slice(0, -1).entries()) {
      const until = sorted[index + 1]!;
      const running = there.filter((pod) => pod.from <= from && pod.until >= until);
      accountOf(null).ms += until - from;
      for (const pod of running) accountOf(pod).ms += until - from;
      divide(node, BigInt(until - from), running, accountOf);
    }
  }
  const ordered = [...accounts].sort(byKey).map(([, account]) => account);
  const parts = ordered.flatMap((account) => RESOURCES.map((resource) => account.parts[resource]));
  const sum = new RationalSum();
  for (const part of parts) sum.addAll(part);
  const total = rounded(sum);
  const micros = largestRemainder(parts, total);
  const last = intervals.at(-1);
  const shares = ordered.map(({ pod, ms }, index): Share => {
    const [cpu, memory, gpu] = micros.slice(3 * index, 3 * index + 3).map(Number);
    return { node: last!, pod, cpuMicros: cpu!, memoryMicros: memory!, gpuMicros: gpu!, ms };
  });
  return { shares, micros: Number(total) };
}

/** One node's price for `ms` in which nothing changes. */
function divide(
  node: NodeInterval,
  ms: bigint,
  pods: readonly PodInterval[],
  accountOf: (pod: PodInterval | null) => Account,
): void {
  const worth = worthOf(node);
  const all = worth.cpu + worth.memory + worth.gpu;
  // A node that has nothing to give is idle.
  if (all === 0n) {
    accountOf(null).parts.cpu.add(BigInt(node.microsPerHour!) * ms, HOUR_MS);
    return;
  }
  for (const resource of RESOURCES) {
    const price = BigInt(node.microsPerHour!) * ms * worth[resource];
    const has = amountOf(node, resource);
    const asked = pods.map((pod) => ({ pod, amount: askedOf(pod, resource) }));
    const sum = asked.reduce((so, { amount }) => so + amount, 0n);
    const whole = sum > has ? sum : has;
    if (whole === 0n) continue;
    const below = HOUR_MS * all * whole;
    for (const { pod, amount } of asked) if (amount > 0n) accountOf(pod).parts[resource].add(price * amount, below);
    if (whole > sum) accountOf(null).parts[resource].add(price * (whole - sum), below);
  }
}

function worthOf(node: NodeInterval): Record<Resource, bigint> {
  return {
    // In parts of a core and of a GiB, so that nothing is rounded.
    cpu: WORTH.coreNanos * BigInt(node.cpuMilli) * GIB,
    memory: WORTH.gibNanos * BigInt(node.memoryBytes) * 1000n,
    gpu: WORTH.gpuNanos * BigInt(node.gpus) * GIB * 1000n,
  };
}

function amountOf({ cpuMilli, memoryBytes, gpus }: NodeInterval | PodInterval, resource: Resource): bigint {
  return BigInt(resource === 'cpu' ? cpuMilli : resource === 'memory' ? memoryBytes : gpus);
}

function askedOf(pod: PodInterval, resource: Resource): bigint {
  const requested = amountOf(pod, resource);
  const used = resource === 'memory' ? BigInt(pod.usedMemoryBytes ?? 0) : 0n;
  return used > requested ? used : requested;
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
