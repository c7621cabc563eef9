import type { MovingRates } from '@restow/model';
import type { Evacuee } from './evacuee.ts';
import { type Leave, type Limits, timetable } from './timetable.ts';

/** What may be otherwise than the rates say: how slow everything is, and how likely. */
const COURSES = [
  { slowness: 0.75, weight: 0.25 },
  { slowness: 1, weight: 0.5 },
  { slowness: 1.75, weight: 0.25 },
] as const;

/** What an order is expected to lose, in micro-units; pods that are not in it stay. */
export function expectedLoss(
  evacuees: readonly Evacuee[],
  order: readonly Leave[],
  limits: Limits,
  rates: MovingRates,
): number {
  const staying = evacuees.reduce((sum, { stayLossMicros }) => sum + stayLossMicros, 0);
  // In time, what staying would have lost becomes what the way loses.
  return COURSES.reduce((sum, { slowness, weight }) => {
    const times = timetable(order, limits, rates, slowness);
    return order.reduce((left, { evacuee, way }, index) => {
      if (!times[index]!.inTime) return left;
      return left - weight * (evacuee.stayLossMicros - evacuee.ways[way]!.lossMicros);
    }, sum);
  }, staying);
}
