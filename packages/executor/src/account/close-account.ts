import type { LiveCluster } from '../ports/cluster-view.ts';
import type { RunPorts } from '../run/context.ts';
import { isEvacuation } from '../run/going.ts';
import type { RunState } from '../run/run-state.ts';
import type { Account } from './account.ts';
import { priceInPlan } from './price-in-plan.ts';
import { surgeMicros } from './surge.ts';

/** What the priced nodes of the cluster cost per hour. */
export function costOf({ snapshot }: LiveCluster, priceOf: RunPorts['priceOf']): number {
  return snapshot.nodes.reduce((sum, node) => sum + (priceOf(node) ?? 0), 0);
}

/** This part of the promised saving may be missing after the rest was planned again, and the target counts as reached. */
const TOLERATED_SHORTFALL = 0.01;

/** The account of a run that is over, from its records and from the cluster as it is now. */
export function closeAccount(
  state: RunState,
  live: LiveCluster,
  now: number,
  ports: RunPorts,
  left: string[],
): Account {
  const { plan, moves } = state;
  const { summary } = plan;
  const launched = [...state.launched.values()].filter(({ launchedAt }) => launchedAt !== null);
  const kept = launched.filter(({ goneAt }) => goneAt === null);
  const cost = costOf(live, priceInPlan(plan, ports.priceOf));
  const promised = summary.microsPerHour.after;
  const reasons = [...state.reasons];
  const untouched = moves.made === 0 && state.removed.length === 0 && kept.length === 0;
  const shortfall = cost - promised;
  const isPromise = !isEvacuation(state);
  if (
    isPromise &&
    reasons.length === 0 &&
    !untouched &&
    shortfall > TOLERATED_SHORTFALL * (state.microsPerHourBefore - promised)
  ) {
    reasons.push({ code: 'less-than-promised', message: 'the cluster costs more now than the plan promised' });
  }
  return {
    outcome: untouched && left.length === 0 ? 'start' : reasons.length === 0 ? 'target' : 'stopped',
    reasons,
    currency: summary.currency,
    startedAt: state.startedAt,
    endedAt: now,
    microsPerHour: { before: state.microsPerHourBefore, promised, now: cost },
    surgeMicros: surgeMicros(state, now),
    nodes: {
      launched: launched.length,
      removed: state.removed.length,
      released: launched.length - kept.length,
      notLaunched: state.notLaunched,
    },
    moves: { promised: summary.moves, made: moves.made, elsewhere: moves.elsewhere, failed: moves.failed },
    stallMs: { promised: summary.stallMs, measured: moves.stallMs },
    movedBytes: moves.movedBytes,
    replans: state.replans,
    resumed: state.resumed,
    failures: [...state.failures],
    left,
  };
}
