import { type Account, carryOut, type JournalRecord, MemoryJournal, type Planner } from '@restow/executor';
import type { Plan, Policy, PriceBook, Snapshot } from '@restow/model';
import { simulatedPorts } from '../ports/simulated-ports.ts';
import { Simulation } from '../ports/simulation.ts';
import { createWorld } from '../world/create-world.ts';
import type { World } from '../world/world.ts';
import { enterScenario } from './enter-scenario.ts';
import type { Scenario, SpotTrace } from './scenario.ts';

const HOUR_MS = 3_600_000;
const LONG_PENDING_MS = 60_000;

/** What a scenario needs besides itself. */
export interface SimulationInput {
  readonly scenario: Scenario;
  readonly snapshot: Snapshot;
  readonly book: PriceBook;
  readonly traces: readonly { readonly zone: string | null; readonly trace: SpotTrace }[];
  /** Makes plans, at the prices of the moment; null: restow is not there. */
  readonly planner: ((book: PriceBook) => ScenarioPlanner) | null;
  readonly onHour: (hour: SimulatedHour) => void;
  /** Looks on: told of the world before anything happens in it, and of each run's records once it is over. */
  readonly witness?: {
    readonly onWorld: (world: World) => void;
    readonly onRun: (records: readonly JournalRecord[]) => void;
  };
}

export interface ScenarioPlanner {
  /** A plan of the whole cluster, which may find nothing worth doing. */
  first(snapshot: Snapshot): Plan;
  /** Plans the rest of a run again. */
  readonly rest: Planner;
}

/** The cluster at the end of an hour, and what that hour has cost. */
export interface SimulatedHour {
  readonly endsAt: number;
  readonly paidMicros: number;
  readonly nodes: number;
  readonly pods: number;
  /** Without a node for more than a minute. */
  readonly pendingPods: number;
}

export interface SimulatedRun {
  readonly at: number;
  /** null: there was nothing worth doing. */
  readonly account: Account | null;
  /** Why the plan was not carried out. */
  readonly refused: string | null;
}

export interface SimulationResult {
  readonly hours: readonly SimulatedHour[];
  readonly runs: readonly SimulatedRun[];
  readonly paidMicros: number;
  readonly interruptedNodes: number;
}

/** Lets the scenario happen, with restow looking after the cluster or without it. The same every time. */
export async function simulate(input: SimulationInput): Promise<SimulationResult> {
  const { scenario, snapshot, book, traces, planner } = input;
  const startedAt = Date.parse(scenario.startsAt);
  const { spot, autoscaler, behaviour, seed, faults } = scenario;
  const world = createWorld({
    snapshot,
    book,
    seed,
    faults,
    startedAt,
    behaviour: {
      ...behaviour,
      autoscaler,
      spot: spot.meanHours === null ? null : { meanMs: spot.meanHours * HOUR_MS, noticeMs: spot.noticeMs },
    },
  });
  enterScenario(world, scenario, traces);
  input.witness?.onWorld(world);
  const simulation = new Simulation(world);
  const hours: SimulatedHour[] = [];
  const runs: SimulatedRun[] = [];
  const everyMs = scenario.restow.everyHours * HOUR_MS;
  const endsAt = startedAt + scenario.hours * HOUR_MS;
  let paidBefore = 0n;
  const closeHour = () => {
    const { paid, pods, nodes } = world.state;
    const pending = [...pods.values()].filter(({ unschedulableSince }) => {
      return unschedulableSince !== null && world.now - unschedulableSince >= LONG_PENDING_MS;
    }).length;
    const paidMicros = toMicros(paid - paidBefore);
    paidBefore = paid;
    const hour = { endsAt: world.now, paidMicros, nodes: nodes.size, pods: pods.size, pendingPods: pending };
    hours.push(hour);
    input.onHour(hour);
  };
  const passHours = async () => {
    for (let at = startedAt + HOUR_MS; at < endsAt; at += HOUR_MS) {
      await sleepTo(simulation, at);
      closeHour();
    }
    await sleepTo(simulation, endsAt);
    closeHour();
  };
  const lookAfter = async (plans: NonNullable<SimulationInput['planner']>): Promise<never> => {
    for (let tick = 1; ; tick++) {
      // A run that takes longer than the interval lets the ticks in between go by.
      if (startedAt + tick * everyMs < world.now) continue;
      await sleepTo(simulation, startedAt + tick * everyMs);
      const planner = plans({ ...book, offerings: world.state.offerings });
      const { run, records } = await runOnce(simulation, scenario.policy, planner, tick);
      runs.push(run);
      if (records.length > 0) input.witness?.onRun(records);
    }
  };
  // The hours end it: a run that is still going on then is not counted, its costs are.
  const ends = planner === null ? passHours() : Promise.race([passHours(), lookAfter(planner)]);
  await simulation.drive(ends);
  return {
    hours,
    runs,
    paidMicros: toMicros(world.state.paid),
    interruptedNodes: world.state.log.filter(({ kind }) => kind === 'node-lost').length,
  };
}

async function runOnce(
  simulation: Simulation,
  policy: Policy,
  { first, rest }: ScenarioPlanner,
  tick: number,
): Promise<{ readonly run: SimulatedRun; readonly records: readonly JournalRecord[] }> {
  const { world } = simulation;
  const at = world.now;
  const plan = first(world.snapshot());
  if (plan.steps.length === 0) return { run: { at, account: null, refused: null }, records: [] };
  const journal = new MemoryJournal();
  const ports = { ...simulatedPorts(simulation), planner: rest, journal, onRecord: () => {} };
  const request = { runId: `run-${tick}`, plan, policy };
  const outcome = await carryOut(request, ports, { signal: NEVER, mustStop: () => null });
  const records = await journal.read();
  if (outcome.ok) return { run: { at, account: outcome.account, refused: null }, records };
  const refused = outcome.reasons.map(({ message }) => message).join('; ');
  return { run: { at, account: null, refused }, records };
}

const NEVER = new AbortController().signal;
function sleepTo({ clock }: Simulation, at: number): Promise<void> {
  return clock.sleep(at - clock.now(), NEVER);
}

/** Paid money, from micros an hour times milliseconds; rounded once, half up. */
function toMicros(paid: bigint): number {
  const hour = BigInt(HOUR_MS);
  return Number((paid + hour / 2n) / hour);
}
