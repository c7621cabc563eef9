import type { Account } from '@restow/executor';
import { sleepMs } from '@restow/kube';
import { type Plan, RestowError } from '@restow/model';
import { createTask, type ScheduledTask } from 'node-cron';
import type { Logger } from 'pino';
import type { Schedule } from '../config/serve-config.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Proposal, RunPorts } from './run-ports.ts';

const APPROVAL_POLL_MS = 2_000;
const ASK_MS = 30_000;
const MICROS = 1e6;

type MissedBecause = 'busy' | 'paused' | 'late' | 'urgent' | 'window';

export interface SchedulerOptions {
  readonly ports: RunPorts;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Plans and carries out when it is time, never two runs at once. What is due while another run goes on, or while runs are
 * paused, is missed and said to be so: the next one sees the cluster as it is then. A plan that must be approved waits
 * until it is, or until its schedule makes a newer one.
 */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #stop = new AbortController();
  /** Aborted while something more urgent goes on. */
  #way = new AbortController();
  readonly #waiting = new Map<string, Proposal>();
  #tasks: ScheduledTask[] = [];
  /** What goes on now: a run's name; null: nothing. */
  #current: string | null = null;
  #work: Promise<void> = Promise.resolve();

  constructor(options: SchedulerOptions) {
    this.#options = options;
  }

  get current(): string | null {
    return this.#current;
  }

  /** Goes on with what was broken off, and then keeps to the schedules. */
  start(schedules: readonly Schedule[]): void {
    const { log } = this.#options;
    this.#begin('resume', async () => {
      await this.#clearOldProposals().catch((err) => log.warn({ err }, 'what waited before may still be shown'));
      await this.#resumeAll();
    });
    this.keepTo(schedules);
    this.#watchApprovals().catch(() => {});
  }

  /** From now on these are the schedules; a run that goes on goes on. */
  keepTo(schedules: readonly Schedule[]): void {
    for (const task of this.#tasks) void task.destroy();
    this.#tasks = schedules.map((schedule) => {
      const task = createTask(schedule.cron, () => this.#due(schedule), {
        name: schedule.name,
        timezone: schedule.timeZone,
        suppressMissedWarning: true,
      });
      // The process was too busy, or the machine asleep.
      task.on('execution:missed', () => this.#miss(schedule, 'late'));
      void task.start();
      return task;
    });
    const names = new Set(schedules.map(({ name }) => name));
    for (const [name, { runId }] of this.#waiting) if (!names.has(name)) void this.#takeBack(name, runId);
  }

  /** Breaks off what goes on, to be gone on with by the next process. */
  async stop(): Promise<void> {
    for (const task of this.#tasks) void task.destroy();
    this.#stop.abort(new RestowError('RESTOW_STOPPED', 'the controller was told to stop'));
    await this.#work;
    for (const [name, { runId }] of this.#waiting) await this.#takeBack(name, runId);
  }

  /** Breaks off what goes on, and begins nothing until the answer is called; then that is gone on with first. */
  async giveWay(): Promise<() => void> {
    this.#way.abort(new RestowError('RESTOW_GAVE_WAY', 'something more urgent goes on'));
    await this.#work;
    return () => {
      if (this.#stop.signal.aborted) return;
      this.#way = new AbortController();
      this.#begin('resume', () => this.#resumeAll());
    };
  }

  /** Of whatever begins now. */
  get #signal(): AbortSignal {
    return AbortSignal.any([this.#stop.signal, this.#way.signal]);
  }

  #due(schedule: Schedule): void {
    if (this.#begin(schedule.name, () => this.#run(schedule))) return;
    this.#miss(schedule, this.#way.signal.aborted ? 'urgent' : 'busy');
  }

  /** Whether it could begin. */
  #begin(name: string, work: () => Promise<void>): boolean {
    const { log, metrics } = this.#options;
    if (this.#current !== null || this.#signal.aborted) return false;
    this.#current = name;
    metrics.inProgress.set(1);
    this.#work = work()
      .catch((err) => {
        if (!this.#signal.aborted) log.error({ err, schedule: name }, 'failed');
      })
      .finally(() => {
        this.#current = null;
        metrics.inProgress.set(0);
      });
    return true;
  }

  #miss({ name }: Schedule, reason: MissedBecause, more: object = {}): void {
    const { log, metrics } = this.#options;
    metrics.missed.inc({ schedule: name, reason });
    log.warn({ schedule: name, reason, during: this.#current, ...more }, 'a run was due and is missed');
  }

  async #resumeAll(): Promise<void> {
    const { ports, log } = this.#options;
    for (const runId of await ports.brokenOff()) {
      if (this.#signal.aborted) return;
      const own = log.child({ run: runId });
      own.info('goes on with a run that was broken off');
      await this.#carriedOut('resumed', own, () => ports.resume(runId, this.#signal));
    }
  }

  /** The process that has planned them is no more, and nobody would begin them. */
  async #clearOldProposals(): Promise<void> {
    const { ports, log } = this.#options;
    for (const runId of await ports.proposed(AbortSignal.timeout(ASK_MS))) {
      await ports.takeBack(runId, AbortSignal.timeout(ASK_MS));
      log.info({ run: runId }, 'waits no longer: the process that has planned it has ended');
    }
  }

  async #run(schedule: Schedule): Promise<void> {
    const { ports, metrics, log, now } = this.#options;
    const signal = this.#signal;
    const { name } = schedule;
    const runId = ports.newRunId();
    const own = log.child({ run: runId, schedule: name });
    const bounded = () => AbortSignal.any([signal, AbortSignal.timeout(ASK_MS)]);
    try {
      const paused = await ports.paused(bounded());
      if (paused !== null) return this.#miss(schedule, 'paused', { run: runId, why: paused });
      if (await this.#tookUpApproved(name)) return;
      // What waits for a person's word may be planned at any time.
      if (schedule.approve === 'auto' && !(await ports.isOpen(schedule))) {
        return this.#miss(schedule, 'window', { run: runId });
      }
      const begunAt = now();
      const plan = await ports.plan(schedule, runId, signal);
      metrics.planSeconds.observe((now() - begunAt) / 1000);
      const { before, after } = plan.summary.microsPerHour;
      metrics.promised.set({ schedule: name, currency: plan.summary.currency }, (before - after) / MICROS);
      const figures = { ...countsOf(plan), savingMicrosPerHour: before - after };
      if (plan.steps.length === 0) {
        own.info(figures, 'there is nothing to gain');
        metrics.runs.inc({ schedule: name, outcome: 'nothing-to-gain' });
        return;
      }
      own.info(figures, 'planned');
      const proposal = { runId, schedule: name, plan };
      if (schedule.approve === 'auto') await this.#carriedOut(name, own, () => ports.apply(proposal, signal));
      else await this.#propose(proposal);
    } catch (err) {
      if (signal.aborted) return;
      own.error({ err }, 'failed');
      metrics.runs.inc({ schedule: name, outcome: 'failed' });
    }
  }

  async #carriedOut(schedule: string, log: Logger, work: () => Promise<Account>): Promise<void> {
    const { metrics, now } = this.#options;
    const begunAt = now();
    try {
      const account = await work();
      const { outcome, microsPerHour, moves, nodes, reasons, left, currency } = account;
      metrics.runSeconds.observe((now() - begunAt) / 1000);
      metrics.runs.inc({ schedule, outcome });
      metrics.achieved.set({ schedule, currency }, (microsPerHour.before - microsPerHour.now) / MICROS);
      metrics.moves.inc({ outcome: 'made' }, moves.made);
      metrics.moves.inc({ outcome: 'failed' }, moves.failed);
      for (const change of ['launched', 'removed', 'released'] as const) metrics.nodes.inc({ change }, nodes[change]);
      log.info({ outcome, microsPerHour, moves, nodes, reasons, left }, 'ended');
    } catch (err) {
      if (this.#signal.aborted) {
        log.info('broken off, to be gone on with');
        return;
      }
      log.error({ err }, 'failed');
      metrics.runs.inc({ schedule, outcome: 'failed' });
    } finally {
      metrics.lastEnd.set({ schedule }, Math.round(now() / 1000));
    }
  }

  async #propose(proposal: Proposal): Promise<void> {
    const { ports, log } = this.#options;
    const { schedule, runId } = proposal;
    // Approved while the newer one was planned, the older one is what somebody wants.
    if (await this.#tookUpApproved(schedule)) return;
    const older = this.#waiting.get(schedule);
    if (older !== undefined) await this.#takeBack(schedule, older.runId);
    await ports.propose(proposal, AbortSignal.timeout(ASK_MS));
    this.#waiting.set(schedule, proposal);
    this.#options.metrics.awaitingApproval.set({ schedule }, 1);
    log.info({ run: runId, schedule }, 'waits for restow approve');
  }

  async #takeBack(schedule: string, runId: string): Promise<void> {
    this.#waiting.delete(schedule);
    this.#options.metrics.awaitingApproval.set({ schedule }, 0);
    await this.#options.ports.takeBack(runId, AbortSignal.timeout(ASK_MS)).catch((err) => {
      this.#options.log.warn({ err, run: runId }, 'is still shown as waiting');
    });
  }

  /** Between runs; what is due looks for itself, so that nobody's word waits for ever behind planning. */
  async #watchApprovals(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await sleepMs(APPROVAL_POLL_MS, this.#stop.signal);
      for (const schedule of this.#waiting.keys()) {
        if (this.#current !== null || !(await this.#isApproved(schedule))) continue;
        this.#begin(schedule, async () => void (await this.#tookUpApproved(schedule)));
      }
    }
  }

  async #isApproved(schedule: string): Promise<boolean> {
    const { ports, log } = this.#options;
    const waiting = this.#waiting.get(schedule);
    if (waiting === undefined) return false;
    return ports.isApproved(waiting.runId, AbortSignal.timeout(ASK_MS)).catch((err) => {
      log.warn({ err, run: waiting.runId }, 'whether it is approved cannot be read');
      return false;
    });
  }

  /** Carries out what the schedule has waiting, if somebody has approved it; false: nobody has. */
  async #tookUpApproved(schedule: string): Promise<boolean> {
    const { ports, log } = this.#options;
    if (!(await this.#isApproved(schedule))) return false;
    const proposal = this.#waiting.get(schedule)!;
    const own = log.child({ run: proposal.runId, schedule });
    await this.#takeBack(schedule, proposal.runId);
    own.info('approved');
    await this.#carriedOut(schedule, own, () => ports.apply(proposal, this.#signal));
    return true;
  }
}

function countsOf({ steps }: Plan): object {
  const count = (kind: string) => steps.filter((step) => step.kind === kind).length;
  return { moves: count('move'), launches: count('launch'), removals: count('remove') };
}
