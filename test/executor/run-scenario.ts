import { carryOut, type Journal, type JournalRecord, type RunOutcome, type RunPorts } from '@restow/executor';
import type { Amendments, Plan, Snapshot } from '@restow/model';
import { createWorld, Simulation, simulatedPorts } from '@restow/simulator';
import { amendRequest, type LpEngines, makePlan } from '@restow/solver';
import type { RunScenario } from './scenario.ts';
import { UNTIL_ITS_END } from './until-its-end.ts';

export const STARTED_AT = Date.UTC(2026, 0, 5, 12);

export function planOf({ snapshot, book, policy, seed }: RunScenario, engines: LpEngines): Plan {
  return makePlan({ snapshot, book, policy, effort: 'quick', seed }, contextOf(engines));
}

export function simulationOf({ snapshot, book, seed, faults, behaviour }: RunScenario): Simulation {
  return new Simulation(createWorld({ snapshot, book, seed, faults, behaviour, startedAt: STARTED_AT }));
}

export function portsOf(
  scenario: RunScenario,
  simulation: Simulation,
  engines: LpEngines,
  journal: Journal,
  onRecord: (record: JournalRecord) => void = () => {},
): RunPorts {
  const { book, policy, seed } = scenario;
  const plan = async (snapshot: Snapshot, amendments: Amendments) =>
    makePlan(amendRequest({ snapshot, book, policy, effort: 'quick', seed }, amendments), contextOf(engines));
  return { ...simulatedPorts(simulation), planner: { plan }, journal, onRecord };
}

export function runScenario(
  scenario: RunScenario,
  plan: Plan,
  simulation: Simulation,
  ports: RunPorts,
): Promise<RunOutcome> {
  const request = { runId: `run${scenario.seed}`, plan, policy: scenario.policy };
  return simulation.drive(carryOut(request, ports, UNTIL_ITS_END));
}

function contextOf(engines: LpEngines) {
  return { engines, now: () => 0, stop: () => null, onProgress: () => {} };
}
