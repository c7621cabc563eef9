import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Account, abort, FileJournal, MemoryJournal, resume } from '@restow/executor';
import type { Plan } from '@restow/model';
import { UNPREFERRED_TAINT } from '@restow/model';
import { loadWorld, Simulation, saveWorld, World } from '@restow/simulator';
import { type LpEngines, loadEngines } from '@restow/solver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planOf, portsOf, runScenario, simulationOf } from './run-scenario.ts';
import { generateScenario, type RunScenario } from './scenario.ts';
import { lostPods, truthOf } from './truth.ts';
import { UNTIL_ITS_END } from './until-its-end.ts';

const SOAK = process.env.RESTOW_SOAK === '1';
const CHILD = fileURLToPath(new URL('killed-run.ts', import.meta.url));
const AT_ONCE = 3;
/** Seeds of runs that launch, move and remove. */
const SEEDS = SOAK ? [7, 42, 43, 61, 85, 106, 113, 117, 122, 147] : [7, 42, 85, 122];

let engines: LpEngines;
let root: string;
beforeAll(async () => {
  engines = await loadEngines();
  root = mkdtempSync(join(tmpdir(), 'restow-killed-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Prepared {
  readonly scenario: RunScenario;
  readonly plan: Plan;
  readonly records: number;
  readonly changes: number;
  readonly end: string;
}

/** The run without anybody being killed: how many points there are to kill it at, and where it ends. */
async function prepare(seed: number): Promise<Prepared> {
  const scenario = { ...generateScenario(seed), faults: [] };
  const plan = planOf(scenario, engines);
  const simulation = simulationOf(scenario);
  let records = 0;
  let changes = 0;
  simulation.world.watch(({ kind }) => {
    if (
      kind.startsWith('pod-surg') ||
      kind === 'pod-evicted' ||
      kind === 'node-ordered' ||
      kind === 'cordoned' ||
      kind === 'uncordoned'
    )
      changes++;
  });
  const ports = portsOf(scenario, simulation, engines, new MemoryJournal(), () => {
    records++;
  });
  const outcome = await runScenario(scenario, plan, simulation, ports);
  if (!outcome.ok) throw new Error('this scenario is refused');
  return { scenario, plan, records, changes, end: endOf(simulation.world, outcome.account) };
}

/** What must be the same however the run came to its end: cost, machines, and where each owner's pods are. */
function endOf({ state }: World, account: Account): string {
  const machine = (name: string) => {
    const { instanceType, zone, capacityType } = state.nodes.get(name)!.node;
    return `${instanceType}/${zone}/${capacityType}`;
  };
  const placed = [...state.pods.values()].map(({ pod }) => `${pod.owner?.name ?? pod.name} on ${machine(pod.node!)}`);
  const { outcome, microsPerHour, moves } = account;
  const nodes = [...state.nodes.keys()].map(machine).sort();
  return JSON.stringify({ outcome, microsPerHour, made: moves.made, nodes, placed: placed.sort() }, null, 1);
}

/** Begins the run in a process that is killed at the point, and answers the folder that it leaves. */
async function kill({ scenario, plan }: Prepared, when: 'record' | 'change', count: number): Promise<string> {
  const folder = join(root, `${scenario.seed}-${when}-${count}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'world.json'), saveWorld(simulationOf(scenario).world.state));
  const run = { plan, policy: scenario.policy, runId: `run${scenario.seed}` };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(run));
  const child = spawn(process.execPath, [CHILD, folder, when, String(count)], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: join(root, 'compiled') },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (part: string) => {
    stderr += part;
  });
  const signal = await new Promise((resolve) => child.on('close', (_code, how) => resolve(how)));
  expect(signal, `${when} ${count}: ${stderr}`).toBe('SIGKILL');
  return folder;
}

async function goOn(
  prepared: Prepared,
  folder: string,
  how: typeof resume,
): Promise<{ world: World; account: Account }> {
  const world = new World(loadWorld(readFileSync(join(folder, 'world.json'), 'utf8')));
  const simulation = new Simulation(world);
  const journal = FileJournal.open(join(folder, 'journal'));
  const ports = portsOf(prepared.scenario, simulation, engines, journal);
  const outcome = await simulation.drive(how(ports, UNTIL_ITS_END));
  await journal.close();
  rmSync(folder, { recursive: true });
  if (!outcome.ok) throw new Error('a run that has begun is not refused');
  const { account } = outcome;
  const { microsPerHour, moves, nodes, surgeMicros } = account;
  const { launched, removed } = nodes;
  const said = { microsPerHour: microsPerHour.now, evicted: moves.made, launched, removed, surgeMicros };
  expect(said, folder).toEqual(truthOf(world, account.endedAt));
  return { world, account };
}

/** Nothing of a run is left in the cluster, and no pod is missing. */
function expectClean(world: World, { scenario }: Prepared): void {
  const before = new Map(scenario.snapshot.nodes.map((node) => [node.name, node.unschedulable]));
  for (const { node } of world.state.nodes.values()) {
    expect(node.taints.filter(({ key }) => key === UNPREFERRED_TAINT)).toEqual([]);
    expect(node.unschedulable, node.name).toBe(before.get(node.name) ?? false);
  }
  expect(lostPods(world, scenario.snapshot)).toEqual([]);
}

async function forEach(count: number, work: (number: number) => Promise<void>): Promise<void> {
  let next = 1;
  const one = async () => {
    while (next <= count) await work(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

describe.each(SEEDS)('the run with seed %i', (seed) => {
  let prepared: Prepared;
  beforeAll(async () => {
    prepared = await prepare(seed);
  });

  test('killed after any record and resumed ends as if it had not been', async () => {
    await forEach(prepared.records, async (count) => {
      const { world, account } = await goOn(prepared, await kill(prepared, 'record', count), resume);
      expect(endOf(world, account), `after record ${count}`).toBe(prepared.end);
      // After the last record there is nothing to go on with, only the account to be told again.
      expect(account.resumed).toBe(count < prepared.records ? 1 : 0);
    });
  });

  // The whole matrix is for the soak run.
  if (!SOAK && seed > 42) return;

  test('killed in the middle of any change and resumed ends the same', async () => {
    await forEach(prepared.changes, async (count) => {
      const { world, account } = await goOn(prepared, await kill(prepared, 'change', count), resume);
      expect(endOf(world, account), `after change ${count}`).toBe(prepared.end);
    });
  });

  test('killed and aborted leaves no mark and loses nothing', async () => {
    const step = SOAK ? 1 : 5;
    await forEach(Math.floor((prepared.records - 1) / step), async (count) => {
      const { world, account } = await goOn(prepared, await kill(prepared, 'record', count * step), abort);
      expectClean(world, prepared);
      expect(account.outcome).not.toBe('target');
      expect(account.reasons[0]?.code).toBe('aborted');
    });
  });
});

/** The scheduler chooses the nodes here, and chooses otherwise at another moment: the end is as good, not the same. */
test.each([18, 25])(
  'the unsteered run with seed %i, killed and resumed, loses nothing and accounts for itself',
  async (seed) => {
    const prepared = await prepare(seed);
    const step = SOAK ? 1 : 6;
    await forEach(Math.floor((prepared.records - 1) / step), async (count) => {
      const { world, account } = await goOn(prepared, await kill(prepared, 'record', count * step), resume);
      expectClean(world, prepared);
      expect(account.microsPerHour.now).toBeLessThanOrEqual(account.microsPerHour.before);
    });
  },
);
