import { resolve } from 'node:path';
import { InputError } from '@restow/model';
import { absoluteSource } from '../live/absolute-source.ts';
import { dryRun } from '../live/dry-run.ts';
import { noteRun } from '../live/note-run.ts';
import { listenerFor } from '../live/notice-sources.ts';
import { newRunId } from '../live/run-folder.ts';
import { beginRun, bookFor, goOnWithRun } from '../live/run-plan.ts';
import { loadPlanToApply } from '../load-plan.ts';
import { clusterChoice } from '../read-cluster.ts';
import { renderAccount } from '../render/account.ts';

export interface ApplyOptions {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly prices: readonly string[];
  readonly assumeRegion?: string;
  readonly notices: readonly string[];
  readonly resume?: string;
  readonly abort?: string;
  readonly dryRun?: string;
  readonly ledger?: string;
  readonly output: 'table' | 'json';
}

/** Carries a plan out on the cluster, or goes on with a run that was broken off. Answers the exit code. */
export async function runApply(planFile: string | undefined, options: ApplyOptions): Promise<number> {
  const given = [planFile, options.resume, options.abort].filter((one) => one !== undefined);
  if (given.length !== 1) throw new InputError('say one of PLAN, --resume RUN and --abort RUN');
  if (options.dryRun !== undefined) {
    if (planFile === undefined) throw new InputError('--dry-run goes with a PLAN');
    return runDryRun(planFile, options);
  }
  // Before anything is begun.
  for (const source of options.notices) listenerFor(source);
  const isShown = options.output === 'table';
  const runId = options.resume ?? options.abort ?? newRunId(new Date());
  const account =
    planFile === undefined
      ? await goOnWithRun(runId, options.abort !== undefined, { isShown })
      : await beginRun(await loadPlanToApply(planFile), { ...choiceOf(planFile, options), runId }, { isShown });
  if (options.ledger !== undefined) await noteRun(options.ledger, runId);
  process.stdout.write(isShown ? `\n${renderAccount(account)}` : `${JSON.stringify({ account }, null, 2)}\n`);
  return account.outcome === 'stopped' ? 1 : 0;
}

function choiceOf(file: string, options: ApplyOptions) {
  const { kubeconfig, context = null, assumeRegion = null } = options;
  const prices = options.prices.map(absoluteSource);
  return {
    file,
    kubeconfig: kubeconfig === undefined ? null : resolve(kubeconfig),
    context,
    prices,
    assumeRegion,
    notices: [...options.notices],
    startedBy: 'person' as const,
    replans: true,
  };
}

async function runDryRun(planFile: string, options: ApplyOptions): Promise<number> {
  if (options.dryRun !== 'server') throw new InputError(`--dry-run ${options.dryRun}: expected server`);
  const plan = await loadPlanToApply(planFile);
  const prices = options.prices.map(absoluteSource);
  await bookFor(plan, { prices, assumeRegion: options.assumeRegion ?? null });
  const { text, json, refused } = await dryRun(plan, clusterChoice(options.kubeconfig, options.context));
  process.stdout.write(options.output === 'json' ? `${JSON.stringify(json, null, 2)}\n` : text);
  return refused === 0 ? 0 : 1;
}
