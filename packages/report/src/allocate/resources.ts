import type { BodyOf } from '../ledger/entry.ts';

export type NodeInterval = BodyOf<'node'>;
export type PodInterval = BodyOf<'pod'>;
export type Resource = 'cpu' | 'memory' | 'gpu';
/** A milli-core, a byte, a GPU. */
export type Amounts = Readonly<Record<Resource, bigint>>;

export const RESOURCES: readonly Resource[] = ['cpu', 'memory', 'gpu'];

const GIB = 2n ** 30n;

/**
 * What a milli-core, a byte and a GPU are worth beside each other where a node has one price for all, so that nothing is
 * rounded (OpenCost's default on-demand prices: 0.031611 for a core, 0.004237 for a GiB, 0.95 for a GPU an hour). Only their
 * proportion counts: a node's parts sum up to its price.
 */
export const UNIT_WORTH: Amounts = {
  cpu: 31_611_000n * GIB,
  memory: 4_237_000n * 1000n,
  gpu: 950_000_000n * GIB * 1000n,
};

export function amountsOf({ cpuMilli, memoryBytes, gpus }: NodeInterval | PodInterval): Amounts {
  return { cpu: BigInt(cpuMilli), memory: BigInt(memoryBytes), gpu: BigInt(gpus) };
}

/** The larger of what was requested and what was used, where that is known. */
export function askedOf(pod: PodInterval): Amounts {
  const requested = amountsOf(pod);
  const used = BigInt(pod.usedMemoryBytes ?? 0);
  return { ...requested, memory: used > requested.memory ? used : requested.memory };
}

export function worthOf(amounts: Amounts): bigint {
  return RESOURCES.reduce((sum, resource) => sum + amounts[resource] * UNIT_WORTH[resource], 0n);
}
