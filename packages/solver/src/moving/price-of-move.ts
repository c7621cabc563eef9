import type { PodClass } from '../problem/problem.ts';

/** What it costs to move one of a class, micros an hour over the horizon, the time without it included; nothing where it waits for a node. */
export function priceOfMove({ isPending, awayMicrosPerHour }: PodClass, movePrice: number): number {
  return isPending ? 0 : movePrice + awayMicrosPerHour;
}
