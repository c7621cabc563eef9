import { type Account, carryOut, MemoryJournal } from '@restow/executor';
import { DEFAULT_POLICY, type Plan, type PriceBook } from '@restow/model';
import { createWorld, exampleBook, exampleCluster, Simulation, simulatedPorts } from '@restow/simulator';
import { snapshotOf } from '@restow/snapshotter';
import { loadEngines, planInWorker } from '@restow/solver';
import { plannerWith } from '../planner.ts';
import { showProgress } from '../progress.ts';
import { renderAccount } from '../render/account.ts';
import { drawNodes, drawTarget } from '../render/cluster-bars.ts';
import { renderPlan } from '../render/plan-table.ts';
import { showRun } from '../show-run.ts';

export interface DemoCommandOptions {
  readonly output: 'table' | 'json';
  readonly json?: boolean;
}

const STARTED_AT = Date.UTC(2026, 0, 5);

/**
 * The whole line on the generated example cluster: draws it, plans, carries the plan out on a simulation, and accounts
 * for it. The same every time.
 */
export async function runDemo(options: DemoCommandOptions): Promise<void> {
  const snapshot = snapshotOf([{ name: 'example cluster', document: exampleCluster() }]);
  const book = exampleBook();
  const request = { snapshot, book, policy: DEFAULT_POLICY, effort: 'quick' as const, seed: 1 };
  const isJson = options.json === true || options.output === 'json';
  const say = (text: string) => {
    if (!isJson) process.stdout.write(text);
  };
  say(`before: ${snapshot.nodes.length} nodes\n${drawNodes(snapshot)}\n`);
  const progress = showProgress(process.stderr);
  const signal = new AbortController().signal;
  const plan = await planInWorker(request, { timeLimitMs: 120_000, signal, onProgress: progress.show });
  progress.end();
  say(`${renderPlan(plan, false)}\nplanned: ${plan.target.nodes.length} nodes\n${drawTarget(snapshot, plan)}\n`);

  const simulation = new Simulation(
    createWorld({ snapshot, book, seed: 1, faults: [], behaviour: {}, startedAt: STARTED_AT }),
  );
  const account = await carryOutDemo(simulation, plan, book, !isJson);
  const after = simulation.world.snapshot();
  if (isJson) process.stdout.write(`${JSON.stringify({ plan, account }, null, 2)}\n`);
  else say(`\nafter: ${after.nodes.length} nodes\n${drawNodes(after)}\n${renderAccount(account)}`);
}

async function carryOutDemo(simulation: Simulation, plan: Plan, book: PriceBook, isShown: boolean): Promise<Account> {
  const { rest } = plannerWith(await loadEngines(), { book, policy: DEFAULT_POLICY, effort: 'quick', seed: 1 });
  const view = showRun(isShown ? process.stdout : null, 'carried out on the simulated cluster, in simulated minutes');
  const ports = { ...simulatedPorts(simulation), planner: rest, journal: new MemoryJournal(), onRecord: view.onRecord };
  const signal = new AbortController().signal;
  const request = { runId: 'demo', plan, policy: DEFAULT_POLICY };
  const outcome = await simulation.drive(carryOut(request, ports, { signal, mustStop: () => null }));
  await view.end();
  if (!outcome.ok) throw new Error(`the demo's plan is refused: ${outcome.reasons[0]?.message}`);
  return outcome.account;
}
