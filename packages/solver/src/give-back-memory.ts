import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** With fewer pods it is not worth the time. */
const LARGE = 50_000;

type Collect = (options: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void;

let collect: Collect | null = null;

/**
 * Has this thread's heap compacted and what is free given back to the system, which the engine puts off as long as there
 * is memory: with a large cluster, what reading it has left behind is several times what is kept of it.
 */
export function giveBackMemory(pods: number): void {
  if (pods < LARGE) return;
  if (collect === null) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  // What is outside the heap is let go by the run after the one that finds it unused.
  for (let run = 0; run < 2; run++) collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
