import { Counter, Gauge, Histogram, Registry } from 'prom-client';

const PLAN_SECONDS = [1, 2, 5, 10, 20, 60, 180, 600];
const RUN_SECONDS = [10, 30, 60, 300, 900, 3600, 14_400];

/** What Prometheus is told. Label values are names of the configuration and words of restow's own, so that they are few. */
export class Metrics {
  readonly registry = new Registry();
  /** Planned runs, by what came of them: an account's outcome, `nothing-to-gain`, `failed`. */
  readonly runs = this.#counter('restow_runs_total', 'Runs that have ended, by what came of them', [
    'schedule',
    'outcome',
  ]);
  /** A run was due and did not begin: another one went on, runs were paused, or nobody was there. */
  readonly missed = this.#counter('restow_runs_missed_total', 'Runs that were due and did not begin', [
    'schedule',
    'reason',
  ]);
  readonly inProgress = this.#gauge('restow_run_in_progress', 'Whether a run goes on', []);
  readonly awaitingApproval = this.#gauge('restow_runs_awaiting_approval', 'Plans that wait for restow approve', [
    'schedule',
  ]);
  readonly lastEnd = this.#gauge('restow_run_last_end_timestamp_seconds', 'When the last run ended', ['schedule']);
  readonly promised = this.#gauge('restow_saving_promised_per_hour', 'What the last plan saves an hour', [
    'schedule',
    'currency',
  ]);
  readonly achieved = this.#gauge('restow_saving_achieved_per_hour', 'What the last run saves an hour', [
    'schedule',
    'currency',
  ]);
  readonly moves = this.#counter('restow_pod_moves_total', 'Pods that were to be moved', ['outcome']);
  readonly nodes = this.#counter('restow_node_changes_total', 'Nodes that were launched, removed, or given back', [
    'change',
  ]);
  readonly notices = this.#counter('restow_notices_total', 'Nodes that were given notice', ['kind']);
  readonly evacuations = this.#counter(
    'restow_evacuations_total',
    'Evacuations that have ended, by what came of them',
    ['outcome'],
  );
  readonly configValid = this.#gauge('restow_config_valid', 'Whether the configuration file is in force as it is', []);
  readonly planSeconds = new Histogram({
    name: 'restow_plan_duration_seconds',
    help: 'How long planning took',
    buckets: PLAN_SECONDS,
    registers: [this.registry],
  });
  readonly runSeconds = new Histogram({
    name: 'restow_run_duration_seconds',
    help: 'How long carrying a plan out took',
    buckets: RUN_SECONDS,
    registers: [this.registry],
  });

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames: [...labelNames], registers: [this.registry] });
  }
}
