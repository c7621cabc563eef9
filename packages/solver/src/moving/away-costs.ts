import type { Policy, SnapshotPod } from '@restow/model';
import type { Movement } from './movement.ts';
import type { Stake } from './stake.ts';

/**
 * What the time without a pod costs when it is moved once, micro-units an hour over the policy's horizon: the
 * predicted stall times what each second without it is worth, where the policy says so. What its kind makes of it is
 * enough to choose an order by when all must leave, not to leave a node for it that costs money every hour.
 */
export function awayCosts(
  policy: Policy,
  stakeOf: (pod: SnapshotPod) => Stake,
  movement: (pod: SnapshotPod) => Movement,
): (pod: SnapshotPod) => number {
  return (pod) => {
    const { awayMicrosPerSecond, isAwaySaid } = stakeOf(pod);
    if (!isAwaySaid) return 0;
    const micros = (movement(pod).stallMs / 1000) * awayMicrosPerSecond;
    return micros / policy.horizonHours;
  };
}

/** Rounded to so many binary digits: sums of such amounts are exact, and times a power of two they stay what they are. */
export function inBits(amount: number, bits: number): number {
  if (amount <= 0) return 0;
  const step = 2 ** (Math.floor(Math.log2(amount)) - bits);
  return Math.round(amount / step) * step;
}
