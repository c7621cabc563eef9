import type { EvacuationOrder, EvacuationPorts } from '@restow/controller';
import type { NoticeSource } from '@restow/executor';
import type { Plan, PriceBook } from '@restow/model';
import type { LiveView } from '@restow/snapshotter';
import { type EvacuationRequest, isNeverTouched, planEvacuation, planInWorker } from '@restow/solver';
import type { Logger } from 'pino';
import { measuredRates } from './measured-rates.ts';
import { newRunId } from './run-folder.ts';
import { beginRun } from './run-plan.ts';
import { policyOf, type ScheduledRunsOptions, watchOf } from './scheduled-runs.ts';

/** For which nodes are to be launched; a tenth of the time that there is, and no more than this. */
const MOST_LAUNCH_PLAN_MS = 10_000;
const LAUNCH_PLAN_PART = 0.1;

/** The plan of an evacuation; what is to be launched for it is worked out in a thread of its own. */
export function planUrgently(request: EvacuationRequest, signal: AbortSignal): Promise<Plan> {
  const withinMs = Math.min(...request.nodes.map(({ deadline }) => deadline)) - request.now;
  const timeLimitMs = Math.max(1, Math.min(MOST_LAUNCH_PLAN_MS, Math.ceil(withinMs * LAUNCH_PLAN_PART)));
  return planEvacuation(request, (asked) => planInWorker(asked, { timeLimitMs, signal, onProgress: () => {} }));
}

export interface EvacuationsOptions extends ScheduledRunsOptions {
  readonly view: LiveView;
  readonly priceBook: () => Promise<PriceBook>;
  readonly notices: NoticeSource;
  readonly log: Logger;
}

/** The evacuator's ports, as `restow evacuate` does it. */
export function evacuations(options: EvacuationsOptions): EvacuationPorts {
  const { kubeconfig, context, file, config, view, notices, priceBook, onEnded, log } = options;
  return {
    newRunId: () => newRunId(new Date()),
    notices: () => notices.current(),
    evacuate: async ({ runId, nodes, isOvertaken }: EvacuationOrder, signal) => {
      const { prices, assumeRegion, evacuations: how } = config();
      const policy = await policyOf(file, how.policy);
      const { snapshot } = await view.current(signal);
      const there = new Map(snapshot.nodes.map((node) => [node.name, node]));
      const going = nodes.flatMap(({ name, deadline, kind }) => {
        const node = there.get(name);
        if (node === undefined || isNeverTouched({ snapshot, policy }, name)) return [];
        // What is on its way out is taken away by whoever has begun it.
        const remove = node.owner !== 'unknown' && kind !== 'going' && kind !== 'person' && !node.deleting;
        return [{ name, deadline, remove }];
      });
      if (going.length === 0) return null;
      const book = await priceBook();
      const measured = await measuredRates(snapshot.metadata.cluster);
      const asked = { snapshot, book, policy, nodes: going, now: Date.now(), measured };
      const plan = await planUrgently(asked, signal);
      const { expectedLossMicros, pods } = plan.evacuation!;
      log.info({ run: runId, expectedLossMicros, ways: countWays(pods) }, 'planned');
      const chosen = { runId, book, kubeconfig, context, prices: [...prices], assumeRegion, notices: [] };
      const watch = watchOf(signal, notices, () =>
        isOvertaken() ? { code: 'overtaken', message: 'other nodes have been given notice too' } : null,
      );
      return beginRun(plan, { ...chosen, startedBy: 'serve', replans: false }, watch).finally(onEnded);
    },
  };
}

function countWays(pods: readonly { readonly method: string }[]): Record<string, number> {
  const ways: Record<string, number> = {};
  for (const { method } of pods) ways[method] = (ways[method] ?? 0) + 1;
  return ways;
}
