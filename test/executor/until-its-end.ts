import type { RunOptions } from '@restow/executor';

/** Nobody interrupts. */
export const UNTIL_ITS_END: RunOptions = { signal: new AbortController().signal, mustStop: () => null };
