import type { Policy, Snapshot, SnapshotPod } from '@restow/model';
import type { Movement } from './movement.ts';
import { stakes } from './stake.ts';

/** Costs that differ by less than the last of so many binary digits are one, so that pods which differ in little are of one class. */
const BITS = 6;

/**
 * What the time without a pod costs when it is moved once, micro-units an hour over the policy's horizon: the
 * predicted stall times what each second without it is worth, where the policy says so. What its kind makes of it is
 * enough to choose an order by when all must leave, not to leave a node for it that costs money every hour.
 */
export function awayCosts(
  snapshot: Snapshot,
  policy: Policy,
  movement: (pod: SnapshotPod) => Movement,
): (pod: SnapshotPod) => number {
  const stakeOf = stakes(snapshot, policy);
  return (pod) => {
    const { awayMicrosPerSecond, isAwaySaid } = stakeOf(pod);
    if (!isAwaySaid) return 0;
    const micros = (movement(pod).stallMs / 1000) * awayMicrosPerSecond;
    return rounded(micros / policy.horizonHours);
  };
}

/** In binary, so that sums of them are exact and prices times a power of two give the same plan. */
function rounded(amount: number): number {
  if (amount <= 0) return 0;
  const step = 2 ** (Math.floor(Math.log2(amount)) - BITS);
  return Math.round(amount / step) * step;
}
