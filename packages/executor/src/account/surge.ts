import type { RunState } from '../run/run-state.ts';

const HOUR_MS = 3_600_000n;

/**
 * What was paid until `now` beyond the cost at the start: over every moment in which the nodes launched by the run cost
 * more than those that it had removed, the difference. Exact, rounded up once.
 */
export function surgeMicros(state: RunState, now: number): number {
  const changes: { at: number; microsPerHour: number }[] = [];
  for (const { launchedAt, goneAt, microsPerHour } of state.launched.values()) {
    if (launchedAt === null) continue;
    changes.push({ at: launchedAt, microsPerHour });
    if (goneAt !== null) changes.push({ at: goneAt, microsPerHour: -microsPerHour });
  }
  for (const { at, microsPerHour } of state.removed) changes.push({ at, microsPerHour: -(microsPerHour ?? 0) });
  changes.sort((a, b) => a.at - b.at);
  let rate = 0;
  let total = 0n;
  changes.forEach(({ at, microsPerHour }, index) => {
    rate += microsPerHour;
    const until = Math.min(changes[index + 1]?.at ?? now, now);
    if (rate > 0 && until > at) total += BigInt(rate) * BigInt(until - at);
  });
  return Number((total + HOUR_MS - 1n) / HOUR_MS);
}
