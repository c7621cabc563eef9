import { nanosToMicros, parseRateNanos, USUAL_RATES } from '@restow/model';
import type { Realisation } from '../order/realise.ts';
import type { Problem } from '../problem/problem.ts';

const HOUR_MS = 3_600_000;
const GIB = 2 ** 30;

/** What getting to a placement costs, each part in micro-units an hour over the policy's horizon, not rounded. */
export interface MovingCosts {
  /** The policy's price of every move. */
  readonly moves: number;
  /** Time without pods that nothing stands in for. */
  readonly away: number;
  /** Bytes that leave a zone. */
  readonly traffic: number;
  /** Nodes that are launched, while those that they stand in for are still there. */
  readonly surge: number;
}

/**
 * Of a realisation. A launched node is taken to be paid for beside others as long as it takes to come and to get pods
 * started on it, as the policy or the usual rates say.
 */
export function movingCosts(
  problem: Problem,
  { moves, launched }: Pick<Realisation, 'moves' | 'launched'>,
): MovingCosts {
  const { policy, classes, movement, moveMicrosPerHour } = problem;
  const { launchMs, stopMs, startMs } = policy.evacuation.rates;
  const besideMs =
    (launchMs ?? USUAL_RATES.launchMs) + (stopMs ?? USUAL_RATES.stopMs) + (startMs ?? USUAL_RATES.startMs);
  const launchedZones = new Map(launched.map(({ slot, kind }) => [slot, kind.zone]));
  const zoneOf = (slot: number) => problem.nodes[slot]?.node.zone ?? launchedZones.get(slot) ?? null;
  const microsPerGib = nanosToMicros(parseRateNanos(policy.prices.zoneTrafficPerGibibyte));
  let away = 0;
  let bytes = 0;
  const ofThoseThatRun = moves.filter(({ podClass }) => !classes[podClass]!.isPending);
  for (const { pod, podClass, from, to } of ofThoseThatRun) {
    away += classes[podClass]!.awayMicrosPerHour;
    if (zoneOf(from) !== zoneOf(to)) bytes += movement(pod).movedBytes;
  }
  const launchedMicros = launched.reduce((sum, { kind }) => sum + kind.microsPerHour, 0);
  return {
    moves: moveMicrosPerHour * ofThoseThatRun.length,
    away,
    traffic: ((bytes / GIB) * microsPerGib) / policy.horizonHours,
    surge: (launchedMicros * besideMs) / HOUR_MS / policy.horizonHours,
  };
}

/** The one figure that is made small, micros an hour: nodes, what pods cost on them, and what it costs to get there. */
export function objectiveOf(
  problem: Problem,
  realisation: Pick<Realisation, 'moves' | 'launched' | 'microsPerHour' | 'podMicrosPerHour'>,
): number {
  const { moves, away, traffic, surge } = movingCosts(problem, realisation);
  return realisation.microsPerHour + realisation.podMicrosPerHour + moves + away + traffic + surge;
}
