import type { RunWindow } from '@restow/model';

const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/** Whether one of the windows is open at `at` (ms since the epoch); none at all means always. */
export function isOpen(windows: readonly RunWindow[], at: number): boolean {
  return windows.length === 0 || windows.some((window) => isWindowOpen(window, at));
}

function isWindowOpen({ days, from, to, timeZone }: RunWindow, at: number): boolean {
  const { day, time } = localTime(at, timeZone);
  const opensOn = (name: (typeof DAYS)[number]) => days.length === 0 || days.includes(name);
  const today = DAYS[day]!;
  const yesterday = DAYS[(day + 6) % 7]!;
  if (from < to) return opensOn(today) && time >= from && time < to;
  return (opensOn(today) && time >= from) || (opensOn(yesterday) && time < to);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Wall-clock time, so that a window keeps its hours when summer time begins and ends. */
function localTime(at: number, timeZone: string): { readonly day: number; readonly time: string } {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(timeZone, format);
  }
  const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return { day: DAYS.indexOf(parts.weekday!.toLowerCase() as never), time: `${parts.hour}:${parts.minute}` };
}
