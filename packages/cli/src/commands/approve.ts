import { hostname, userInfo } from 'node:os';
import { approve, type ClusterChoice, listProposals } from '@restow/kube';
import { formatMicros, InputError } from '@restow/model';
import { withApi } from '../live/with-api.ts';
import { clusterChoice } from '../read-cluster.ts';
import { renderColumns } from '../render/columns.ts';

export interface ApproveOptions extends ClusterChoice {
  readonly output: 'table' | 'json';
}

const LIMIT_MS = 60_000;

/** Lets a run begin that waits for it; without a name it lists those that wait. */
export async function runApprove(runId: string | undefined, options: ApproveOptions): Promise<void> {
  const { output, kubeconfig, context } = options;
  const choice = clusterChoice(kubeconfig, context ?? null);
  await withApi({ choice, userAgent: 'restow approve', limitMs: LIMIT_MS }, async (api, signal) => {
    if (runId === undefined) {
      const waiting = await listProposals(api, signal);
      process.stdout.write(output === 'json' ? `${JSON.stringify(waiting, null, 2)}\n` : table(waiting));
      return;
    }
    const by = `${userInfo().username}@${hostname()} at ${new Date().toISOString()}`;
    if (!(await approve(api, runId, by, signal))) {
      throw new InputError(`no run ${runId} waits on this cluster (restow approve lists those that do)`);
    }
    process.stdout.write(`${runId} is approved, and begins within seconds\n`);
  });
}

function table(waiting: Awaited<ReturnType<typeof listProposals>>): string {
  if (waiting.length === 0) return 'nothing waits\n';
  const rows = waiting.map(({ runId, schedule, savingMicrosPerHour, currency, moves, launches, removals }) => [
    runId,
    schedule,
    `${formatMicros(savingMicrosPerHour, currency)}/h`,
    `${moves} moves, ${launches} launches, ${removals} removals`,
  ]);
  return renderColumns([['RUN', 'SCHEDULE', 'SAVES', 'DOES'], ...rows]);
}
