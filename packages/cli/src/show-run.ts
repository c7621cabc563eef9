import type { JournalRecord, RunState } from '@restow/executor';
import { progressLine, progressOf, type RunProgress } from './render/run-progress.ts';

/** Shows how far a run is while it goes on. */
export interface RunView {
  readonly onRecord: (record: JournalRecord, state: RunState) => void;
  end(): Promise<void>;
}

const LINE_EVERY_MS = 60_000;

/** A live list on a terminal, a line for each minute of the run elsewhere, nothing on null. */
export function showRun(stream: NodeJS.WriteStream | null, title: string): RunView {
  if (stream === null) return { onRecord: () => {}, end: async () => {} };
  return stream.isTTY ? liveView(title) : plainView(stream, title);
}

function plainView(stream: NodeJS.WriteStream, title: string): RunView {
  stream.write(`${title}\n`);
  let shownAt = Number.NEGATIVE_INFINITY;
  return {
    onRecord: (record, state) => {
      if (record.type === 'replanned' || record.type === 'stopping') {
        stream.write(`  ${record.type === 'replanned' ? 'planned again' : 'stopping'}: ${record.reason.message}\n`);
      }
      if (record.at - shownAt < LINE_EVERY_MS && record.type !== 'ended') return;
      stream.write(`  ${progressLine(progressOf(record, state))}\n`);
      shownAt = record.at;
    },
    end: async () => {},
  };
}

/** Loaded only on a terminal. */
function liveView(title: string): RunView {
  let progress: RunProgress | null = null;
  let isOver = false;
  const listening = (async () => {
    const { Listr } = await import('listr2');
    const pair = (kind: 'launched' | 'moved' | 'removed') => progress?.[kind] ?? [0, 0];
    const kinds = ['launched', 'moved', 'removed'] as const;
    const names = { launched: 'nodes launched', moved: 'pods moved', removed: 'nodes removed' };
    const list = new Listr(
      kinds.map((kind) => ({
        title: names[kind],
        task: async (_context: unknown, task: { title: string }) => {
          for (;;) {
            const [done, of] = pair(kind);
            task.title = `${done}/${of} ${names[kind]}`;
            if (isOver) return;
            await new Promise((resolve) => setTimeout(resolve, 80));
          }
        },
      })),
      { concurrent: true },
    );
    await list.run();
  })();
  process.stdout.write(`${title}\n`);
  return {
    onRecord: (record, state) => {
      progress = progressOf(record, state);
    },
    end: async () => {
      isOver = true;
      await listening;
    },
  };
}
