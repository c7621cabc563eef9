/** Time comes in from outside: the machine's, or a simulation's. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Rejects with the signal's reason when that is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
