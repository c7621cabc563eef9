import { MemoryJournal, type RunOutcome } from '@restow/executor';
import { UNPREFERRED_TAINT } from '@restow/model';
import type { World } from '@restow/simulator';
import { type LpEngines, loadEngines } from '@restow/solver';
import { beforeAll, expect, test } from 'vitest';
import { planOf, portsOf, runScenario, simulationOf } from './run-scenario.ts';
import { generateScenario, type RunScenario } from './scenario.ts';
import { StateWatcher } from './state-watcher.ts';
import { lostPods, truthOf } from './truth.ts';
import { Watcher } from './watcher.ts';

const SOAK = process.env.RESTOW_SOAK === '1';
const SCENARIOS = SOAK ? 10_000 : 1000;
/** A run that writes more is not going to end; without this it would be waited for. */
const MOST_RECORDS = 20_000;

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

/** Everything that is wrong with one run, seen from outside. */
async function wrongWith(scenario: RunScenario, outcomes: Map<string, number>): Promise<string[]> {
  const plan = planOf(scenario, engines);
  if (plan.steps.length === 0) return [];
  const simulation = simulationOf(scenario);
  const { world } = simulation;
  const watcher = new Watcher(world, scenario.policy);
  const states = new StateWatcher(world);
  let heard = 0;
  const ports = portsOf(scenario, simulation, engines, new MemoryJournal(), (record) => {
    watcher.hear(record);
    states.hear(record);
    if (++heard > MOST_RECORDS) throw new Error(`the run goes round: ${JSON.stringify(record).slice(0, 300)}`);
  });
  const outcome = await runScenario(scenario, plan, simulation, ports);
  const key = outcome.ok ? outcome.account.outcome : `refused: ${outcome.reasons[0]!.code}`;
  outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
  return [
    ...watcher.wrong,
    ...states.wrong,
    ...lostPods(world, scenario.snapshot).map((lost) => `lost: ${lost}`),
    ...marksLeft(world, scenario),
    ...wrongNumbers(outcome, world),
  ];
}

function marksLeft({ state }: World, { snapshot, faults }: RunScenario): string[] {
  const before = new Map(snapshot.nodes.map((node) => [node.name, node.unschedulable]));
  // What is about to go takes no pods again.
  const going = new Set(state.notices.map(({ node }) => node));
  const othersCordon = faults.some(({ name }) => name === 'node-cordoned' || name === 'node-uncordoned');
  return [...state.nodes.values()].flatMap(({ node }) => {
    const wrong: string[] = [];
    if (node.taints.some(({ key }) => key === UNPREFERRED_TAINT)) wrong.push(`${node.name} is still marked`);
    if (
      !othersCordon &&
      !going.has(node.name) &&
      !node.deleting &&
      node.unschedulable !== (before.get(node.name) ?? false)
    ) {
      wrong.push(`${node.name} is ${node.unschedulable ? 'still cordoned' : 'uncordoned'}`);
    }
    return wrong;
  });
}

function wrongNumbers(outcome: RunOutcome, world: World): string[] {
  if (!outcome.ok)
    return world.state.log.some(({ kind }) => kind === 'pod-evicted' || kind === 'pod-surging')
      ? ['refused, but begun']
      : [];
  const { account } = outcome;
  const truth = truthOf(world, account.endedAt);
  const said = {
    microsPerHour: account.microsPerHour.now,
    evicted: account.moves.made,
    launched: account.nodes.launched,
    removed: account.nodes.removed,
    surgeMicros: account.surgeMicros,
  };
  const wrong =
    JSON.stringify(said) === JSON.stringify(truth) ? [] : [`said ${JSON.stringify(said)}, is ${JSON.stringify(truth)}`];
  const { before, promised, now } = account.microsPerHour;
  if (account.outcome === 'target' && now - promised > 0.01 * (before - promised)) wrong.push('target missed');
  if (account.outcome === 'stopped' && account.reasons.length === 0) wrong.push('stopped without a reason');
  return wrong;
}

const TENTHS = Array.from({ length: 10 }, (_, tenth) => tenth);

test.each(TENTHS)('runs over generated clusters in which things go wrong, tenth %i', async (tenth) => {
  const outcomes = new Map<string, number>();
  for (let seed = 1 + (tenth * SCENARIOS) / 10; seed <= ((tenth + 1) * SCENARIOS) / 10; seed++) {
    const scenario = generateScenario(seed);
    const wrong = await wrongWith(scenario, outcomes);
    expect(wrong, `seed ${seed}, ${scenario.faults.map(({ name }) => name).join()}`).toEqual([]);
  }
  // The scenarios are not all alike: runs reach their target, and runs are stopped.
  expect(outcomes.get('target')).toBeGreaterThan(SCENARIOS / 100);
  expect(outcomes.get('stopped')).toBeGreaterThan(SCENARIOS / 500);
});
