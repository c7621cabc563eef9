import type { LaunchRefusal } from '@restow/executor';
import { z } from 'zod';

const activitySchema = z.object({
  ActivityId: z.string(),
  StartTime: z.date(),
  StatusCode: z.string(),
  StatusMessage: z.string().default(''),
  Description: z.string().default(''),
});

/** What the group's words mean. Source: Amazon EC2 Auto Scaling, "Troubleshoot instance launch failures". */
const MEANINGS: readonly (readonly [said: RegExp, code: LaunchRefusal])[] = [
  [/InsufficientInstanceCapacity|sufficient .*capacity|capacity-not-available|UnfulfillableCapacity/i, 'no-capacity'],
  [/SpotInstanceCountExceeded|LimitExceeded|quota|exceed/i, 'limit'],
];

/** When the newest of a group's activities began by its cloud's clock; 0: there was none. */
export function newestOf(activities: readonly unknown[]): number {
  return Math.max(0, ...activities.map((one) => activitySchema.parse(one).StartTime.getTime()));
}

/** The last launch after that moment that came to nothing, and why; null: none. */
export function failedLaunch(
  activities: readonly unknown[],
  since: number,
): { readonly code: LaunchRefusal; readonly reason: string } | null {
  for (const item of activities) {
    const { StartTime, StatusCode, StatusMessage, Description } = activitySchema.parse(item);
    if (StatusCode !== 'Failed' || StartTime.getTime() <= since || !/^Launching/.test(Description)) continue;
    const [, code = 'refused' as const] = MEANINGS.find(([said]) => said.test(StatusMessage)) ?? [];
    return { code, reason: StatusMessage };
  }
  return null;
}
