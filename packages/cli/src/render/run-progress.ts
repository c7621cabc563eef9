import type { JournalRecord, RunState } from '@restow/executor';

/** How far a run is, counted from its records. */
export interface RunProgress {
  readonly atMs: number;
  readonly launched: readonly [done: number, of: number];
  readonly moved: readonly [done: number, of: number];
  readonly removed: readonly [done: number, of: number];
}

const KINDS = ['launch', 'move', 'remove'] as const;

export function progressOf(record: JournalRecord, state: RunState): RunProgress {
  const counts = { launch: [0, 0], move: [0, 0], remove: [0, 0] };
  for (const { step, state: at } of state.steps.values()) {
    const kind = step.kind === 'wait-ready' ? 'launch' : KINDS.find((one) => one === step.kind && one !== 'launch');
    if (kind === undefined) continue;
    counts[kind][1]!++;
    if (at === 'done') counts[kind][0]!++;
  }
  const pair = (kind: (typeof KINDS)[number]) => [counts[kind][0]!, counts[kind][1]!] as const;
  return { atMs: record.at - state.startedAt, launched: pair('launch'), moved: pair('move'), removed: pair('remove') };
}

/** `+12:30  23/23 nodes launched  120/294 pods moved  40/100 nodes removed`. */
export function progressLine({ atMs, launched, moved, removed }: RunProgress): string {
  const part = ([done, of]: readonly [number, number], what: string) =>
    `${String(done).padStart(String(of).length)}/${of} ${what}`;
  return `+${clock(atMs)}  ${part(launched, 'nodes launched')}  ${part(moved, 'pods moved')}  ${part(removed, 'nodes removed')}`;
}

export function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}
