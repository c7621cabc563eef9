import type { Reason } from '@restow/executor';

export interface Interruption {
  /** After the first Ctrl-C: the run ends in good order. */
  readonly reason: () => Reason | null;
  /** Aborted by the second one: at once, to be resumed. */
  readonly signal: AbortSignal;
  end(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Ctrl-C once ends a run in good order, twice breaks it off. */
export function untilInterrupted(runId: string): Interruption {
  const stop = new AbortController();
  let reason: Reason | null = null;
  const onSignal = (signal: NodeJS.Signals) => {
    if (reason === null) {
      reason = { code: 'interrupted', message: `the run was ended by ${signal}` };
      process.stderr.write(`ending in good order; once more breaks off (then: restow apply --resume ${runId})\n`);
    } else stop.abort(new Error(`broken off; go on with restow apply --resume ${runId}`));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    reason: () => reason,
    signal: stop.signal,
    end: () => {
      for (const signal of SIGNALS) process.removeListener(signal, onSignal);
    },
  };
}
