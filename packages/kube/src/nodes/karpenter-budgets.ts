import { CronExpressionParser } from 'cron-parser';
import type { DisruptionBudget, NodePool } from './karpenter-objects.ts';

export interface DisruptionAllowance {
  /** How many nodes of the pool may go at the same time. */
  readonly nodes: number;
  /** The budget that says so; null: none does. */
  readonly budget: string | null;
  /** When it ends (ms since the epoch); null: never. */
  readonly until: number | null;
}

/** What emptying nodes is to Karpenter. */
const REASONS: ReadonlySet<string> = new Set(['Underutilized', 'Empty']);
/** Karpenter's own when the pool has none. */
const DEFAULT: DisruptionBudget = { nodes: '10%' };

/**
 * The narrowest of a NodePool's disruption budgets that are active now. A percentage is of the pool's nodes, rounded up;
 * a schedule is in UTC and lasts for its duration. https://karpenter.sh/docs/concepts/disruption/#nodepool-disruption-budgets
 */
export function disruptionAllowance({ spec }: NodePool, poolNodes: number, now: number): DisruptionAllowance {
  let narrowest: DisruptionAllowance = { nodes: Number.POSITIVE_INFINITY, budget: null, until: null };
  for (const budget of spec.disruption?.budgets ?? [DEFAULT]) {
    if (budget.reasons !== undefined && !budget.reasons.some((reason) => REASONS.has(reason))) continue;
    const until = activeUntil(budget, now);
    if (until === 'inactive') continue;
    const nodes = scaled(budget.nodes, poolNodes);
    // Of two that allow the same, the one that lasts.
    const isNarrower = nodes < narrowest.nodes || (nodes === narrowest.nodes && until === null);
    if (isNarrower) narrowest = { nodes, budget: describe(budget), until };
  }
  return narrowest;
}

function scaled(nodes: string, poolNodes: number): number {
  return nodes.endsWith('%') ? Math.ceil((Number.parseInt(nodes, 10) * poolNodes) / 100) : Number.parseInt(nodes, 10);
}

/** When the budget's present activity ends; null: it is always active. */
function activeUntil({ schedule, duration }: DisruptionBudget, now: number): number | null | 'inactive' {
  if (schedule === undefined || duration === undefined) return null;
  // A schedule that fires this very moment is active, and `prev` is strictly before.
  const began = CronExpressionParser.parse(schedule, { currentDate: new Date(now + 1), tz: 'UTC' })
    .prev()
    .getTime();
  const until = began + durationMs(duration);
  return now < until ? until : 'inactive';
}

/** Go's duration in hours and minutes, as Karpenter allows it. */
function durationMs(text: string): number {
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|m|s)/g)) {
    total += Number(amount) * { h: 3_600_000, m: 60_000, s: 1000 }[unit as 'h' | 'm' | 's'];
  }
  return total;
}

function describe({ nodes, schedule, duration }: DisruptionBudget): string {
  return schedule === undefined ? `nodes: "${nodes}"` : `nodes: "${nodes}" from "${schedule}" for ${duration}`;
}
