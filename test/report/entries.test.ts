import { entriesOfRun } from '@restow/controller';
import { MemoryJournal } from '@restow/executor';
import type { BodyOf } from '@restow/report';
import { type LpEngines, loadEngines } from '@restow/solver';
import { beforeAll, expect, test } from 'vitest';
import { planOf, portsOf, runScenario, simulationOf } from '../executor/run-scenario.ts';
import { generateScenario } from '../executor/scenario.ts';
import { truthOf } from '../executor/truth.ts';

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

test('what the ledger says of runs in which things go wrong is what their accounts say, and what happened', async () => {
  const seen = { moves: 0, problems: 0, removed: 0, launched: 0 };
  for (let seed = 0; seed < 150; seed++) {
    const scenario = generateScenario(seed);
    const plan = planOf(scenario, engines);
    if (plan.steps.length === 0) continue;
    const simulation = simulationOf(scenario);
    const journal = new MemoryJournal();
    const outcome = await runScenario(scenario, plan, simulation, portsOf(scenario, simulation, engines, journal));
    if (!outcome.ok) continue;
    const { account } = outcome;
    const bodies = entriesOfRun(await journal.read());
    const [run] = bodies.filter((body): body is BodyOf<'run'> => body.kind === 'run');
    const moves = bodies.filter((body): body is BodyOf<'move'> => body.kind === 'move');
    const about = `seed ${seed}`;
    expect(run, about).toMatchObject({
      outcome: account.outcome,
      surgeMicros: account.surgeMicros,
      purpose: 'rebalance',
    });
    const truth = truthOf(simulation.world, account.endedAt);
    expect(run!.removed.length, about).toBe(truth.removed);
    expect(run!.launched.length, about).toBe(truth.launched);
    for (const { from, until } of run!.launched) expect(until ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(from);
    for (const { begunAt, endedAt, problem, run: name } of moves) {
      expect(endedAt).toBeGreaterThanOrEqual(begunAt);
      expect(name).toBe(run!.run);
      if (problem !== null) seen.problems++;
    }
    // Every pod that has left its node is there; of those that were only asked there are more.
    expect(moves.length, about).toBeGreaterThanOrEqual(account.moves.made);
    seen.moves += moves.length;
    seen.removed += run!.removed.length;
    seen.launched += run!.launched.length;
  }
  for (const count of Object.values(seen)) expect(count).toBeGreaterThanOrEqual(5);
});
