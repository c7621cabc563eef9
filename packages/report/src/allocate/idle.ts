import type { BodyOf } from '../ledger/entry.ts';
import { type Amounts, askedOf, type NodeInterval, type PodInterval, worthOf } from './resources.ts';

/**
 * Why nobody uses what is idle. `blocked`: the last plan would have saved it, had something not held the node. `reserve`:
 * policy keeps it free. `stranded`: there is too little of the other resource beside it for the pods that this cluster
 * has. `free`: none of these.
 */
export type IdleKind = 'blocked' | 'reserve' | 'stranded' | 'free';

export const IDLE_KINDS: readonly IdleKind[] = ['blocked', 'reserve', 'stranded', 'free'];

/** What all pods of a period asked for together, times how long: how much memory goes with a core here. */
export interface UsualMix {
  readonly cpu: bigint;
  readonly memory: bigint;
}

/** In so many parts is it said how much of what is idle is blocked: an estimate, which must not make fractions endless. */
export const BLOCKED_OF = 1_000_000n;

export interface IdleParts {
  /** Of `BLOCKED_OF`: so much of everything that is idle. */
  readonly blocked: bigint;
  /** Of the rest. */
  readonly reserve: Amounts;
  readonly stranded: Amounts;
}

const NOTHING: Amounts = { cpu: 0n, memory: 0n, gpu: 0n };

export interface IdleRequest {
  readonly node: NodeInterval;
  readonly has: Amounts;
  /** What of it nobody asks for. */
  readonly free: Amounts;
  readonly pods: readonly PodInterval[];
  readonly mix: UsualMix;
  /** The last plan before; null: there was none. */
  readonly plan: BodyOf<'plan'> | null;
}

/** Divides what is idle on a node, at a time in which nothing changes, by why it is. */
export function idleParts({ node, has, free, pods, mix, plan }: IdleRequest): IdleParts {
  const reserve = { ...NOTHING, memory: plan === null ? 0n : reservedMemory(has, free, pods, plan.memoryFraction) };
  const left = { ...free, memory: free.memory - reserve.memory };
  return {
    blocked: plan === null ? 0n : blockedPart(node, has, free, pods, plan),
    reserve,
    stranded: strandedOf(left, mix),
  };
}

/** What holds a node, as the plan said, and still does. */
function blockersOn(
  { name }: NodeInterval,
  pods: readonly PodInterval[],
  { blockers }: BodyOf<'plan'>,
): BodyOf<'plan'>['blockers'] {
  return blockers.filter(
    ({ node, namespace, pod }) =>
      node === name && (pod === null || pods.some((one) => one.name === pod && one.namespace === namespace)),
  );
}

function blockedPart(
  node: NodeInterval,
  has: Amounts,
  free: Amounts,
  pods: readonly PodInterval[],
  plan: BodyOf<'plan'>,
): bigint {
  const micros = blockersOn(node, pods, plan).reduce((sum, { microsPerHour }) => sum + microsPerHour, 0);
  const idleWorth = BigInt(node.microsPerHour!) * worthOf(free);
  if (micros === 0 || idleWorth === 0n) return 0n;
  const part = (BigInt(micros) * worthOf(has) * BLOCKED_OF) / idleWorth;
  return part > BLOCKED_OF ? BLOCKED_OF : part;
}

/** What of the free memory must stay so, or more would be in use than policy lets be: known where all pods are measured. */
function reservedMemory(
  has: Amounts,
  free: Amounts,
  pods: readonly PodInterval[],
  memoryFraction: number | null,
): bigint {
  if (memoryFraction === null || pods.length === 0) return 0n;
  if (pods.some(({ usedMemoryBytes }) => usedMemoryBytes === null)) return 0n;
  const used = pods.reduce((sum, { usedMemoryBytes }) => sum + BigInt(usedMemoryBytes!), 0n);
  const most = BigInt(Math.floor(Number(has.memory) * memoryFraction));
  const room = most > used ? most - used : 0n;
  return free.memory > room ? free.memory - room : 0n;
}

function strandedOf({ cpu, memory, gpu }: Amounts, mix: UsualMix): Amounts {
  if (mix.cpu === 0n || mix.memory === 0n) return NOTHING;
  const beside = (cpu * mix.memory) / mix.cpu;
  const stranded =
    beside <= memory
      ? { cpu: 0n, memory: memory - beside }
      : { cpu: cpu - (memory * mix.cpu) / mix.memory, memory: 0n };
  return { ...stranded, gpu: cpu === 0n || memory === 0n ? gpu : 0n };
}

/** `asked` by all pods, each for as long as it was there. */
export function usualMixOf(pods: Iterable<PodInterval>): UsualMix {
  let cpu = 0n;
  let memory = 0n;
  for (const pod of pods) {
    const asked = askedOf(pod);
    const ms = BigInt(pod.until - pod.from);
    cpu += asked.cpu * ms;
    memory += asked.memory * ms;
  }
  return { cpu, memory };
}
