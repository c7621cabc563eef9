import { dirname, resolve } from 'node:path';
import { type Account, carryOut, MemoryJournal } from '@restow/executor';
import { InputError, type PriceBook, parseDocument, type Snapshot } from '@restow/model';
import {
  createWorld,
  exampleBook,
  exampleCluster,
  type Scenario,
  Simulation,
  type SimulationInput,
  type SimulationResult,
  scenarioSchema,
  simulate,
  simulatedPorts,
  spotTraceSchema,
} from '@restow/simulator';
import { loadSnapshot, readDocument, snapshotOf } from '@restow/snapshotter';
import { loadEngines } from '@restow/solver';
import { parseCount } from '../durations.ts';
import { loadPlanToApply } from '../load-plan.ts';
import { plannerWith } from '../planner.ts';
import { showProgress } from '../progress.ts';
import { readPrices } from '../read-prices.ts';
import { readYaml } from '../read-yaml.ts';
import { renderAccount } from '../render/account.ts';
import { renderSimulation } from '../render/simulation.ts';
import { showRun } from '../show-run.ts';

export interface SimulateCommandOptions {
  readonly plan?: string;
  readonly seed?: string;
  readonly output: 'table' | 'json';
  readonly json?: boolean;
}

interface Loaded {
  readonly scenario: Scenario;
  readonly snapshot: Snapshot;
  readonly book: PriceBook;
}

/** Lets a scenario happen twice, without restow and with it; or carries one plan out on its cluster. */
export async function runSimulate(file: string, options: SimulateCommandOptions): Promise<void> {
  const isJson = options.json === true || options.output === 'json';
  const loaded = await load(file, options.seed);
  if (options.plan !== undefined) {
    const account = await simulatePlan(loaded, options.plan, !isJson);
    process.stdout.write(isJson ? `${JSON.stringify({ account }, null, 2)}\n` : `\n${renderAccount(account)}`);
    return;
  }
  const { scenario, snapshot, book } = loaded;
  const traces = await loadTraces(file, scenario);
  const engines = await loadEngines();
  const progress = showProgress(process.stderr);
  const { policy, restow, seed } = scenario;
  const once = (what: string, planner: SimulationInput['planner']): Promise<SimulationResult> => {
    let hours = 0;
    const onHour = () => progress.show(`${what}: hour ${++hours} of ${Math.ceil(scenario.hours)}`);
    return simulate({ scenario, snapshot, book, traces, planner, onHour });
  };
  const without = await once('without restow', null);
  const withRestow = await once('with restow', (now) =>
    plannerWith(engines, { book: now, policy, effort: restow.effort, seed }),
  );
  progress.end();
  const { currency } = book;
  const text = isJson
    ? `${JSON.stringify({ currency, without, with: withRestow }, null, 2)}\n`
    : renderSimulation(scenario, currency, without, withRestow);
  process.stdout.write(text);
}

async function load(file: string, seed: string | undefined): Promise<Loaded> {
  const read = (await readYaml(file, scenarioSchema, 'Scenario')) as Scenario;
  const scenario = seed === undefined ? read : { ...read, seed: parseCount(seed, '--seed') };
  const isExample = scenario.cluster === 'example';
  const snapshot = isExample
    ? snapshotOf([{ name: 'example cluster', document: exampleCluster() }])
    : await loadSnapshot([beside(file, scenario.cluster)], process.stdin);
  const sources = scenario.prices.map((source) =>
    source.startsWith('file:') ? `file:${beside(file, source.slice('file:'.length))}` : source,
  );
  const { assumeRegion } = scenario;
  const book = isExample && sources.length === 0 ? exampleBook() : await readPrices({ sources, assumeRegion });
  return { scenario, snapshot, book };
}

async function loadTraces(file: string, { spot }: Scenario): Promise<SimulationInput['traces']> {
  return Promise.all(
    spot.traces.map(async ({ file: name, zone }) => {
      const path = beside(file, name);
      const document = await readDocument(path, process.stdin);
      try {
        return { zone, trace: parseDocument(spotTraceSchema, document, 'spot trace') };
      } catch (error) {
        if (error instanceof InputError) throw error.at({ file: path });
        throw error;
      }
    }),
  );
}

/** Files that a scenario names lie relative to it. */
function beside(file: string, other: string): string {
  return resolve(dirname(file), other);
}

async function simulatePlan(
  { scenario, snapshot, book }: Loaded,
  planFile: string,
  isShown: boolean,
): Promise<Account> {
  const plan = await loadPlanToApply(planFile);
  const { policy, seed, faults, behaviour, startsAt, autoscaler } = scenario;
  const startedAt = Date.parse(startsAt);
  const world = createWorld({ snapshot, book, seed, faults, startedAt, behaviour: { ...behaviour, autoscaler } });
  const simulation = new Simulation(world);
  const { rest } = plannerWith(await loadEngines(), { book, policy, effort: scenario.restow.effort, seed });
  const view = showRun(isShown ? process.stdout : null, `${planFile} on the simulated cluster, in simulated minutes`);
  const ports = { ...simulatedPorts(simulation), planner: rest, journal: new MemoryJournal(), onRecord: view.onRecord };
  const signal = new AbortController().signal;
  const outcome = await simulation.drive(
    carryOut({ runId: 'simulated', plan, policy }, ports, { signal, mustStop: () => null }),
  );
  await view.end();
  if (outcome.ok) return outcome.account;
  const [reason] = outcome.reasons;
  throw new InputError(`${reason!.message} [${reason!.code}]; nothing was begun`, { file: planFile });
}
