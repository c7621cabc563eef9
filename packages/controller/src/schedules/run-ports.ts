import type { Account } from '@restow/executor';
import type { Plan } from '@restow/model';
import type { Schedule } from '../config/serve-config.ts';

export interface Proposal {
  readonly runId: string;
  readonly schedule: string;
  readonly plan: Plan;
}

/** What a schedule does, with a cluster behind it. */
export interface RunPorts {
  newRunId(): string;
  /** Why nothing may be done to the cluster just now; null: it may. */
  paused(signal: AbortSignal): Promise<string | null>;
  /** Whether a window of the schedule's policy is open. */
  isOpen(schedule: Schedule): Promise<boolean>;
  plan(schedule: Schedule, runId: string, signal: AbortSignal): Promise<Plan>;
  /** `signal` breaks the run off where it is, to be gone on with later. */
  apply(proposal: Proposal, signal: AbortSignal): Promise<Account>;
  /** Runs that were begun here and broken off, the oldest first. */
  brokenOff(): Promise<readonly string[]>;
  resume(runId: string, signal: AbortSignal): Promise<Account>;
  /** Shows a plan to whoever may approve it, until it is taken back. */
  propose(proposal: Proposal, signal: AbortSignal): Promise<void>;
  /** Plans that are shown as waiting, whoever has planned them. */
  proposed(signal: AbortSignal): Promise<readonly string[]>;
  isApproved(runId: string, signal: AbortSignal): Promise<boolean>;
  takeBack(runId: string, signal: AbortSignal): Promise<void>;
}
