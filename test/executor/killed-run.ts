import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { carryOut, FileJournal } from '@restow/executor';
import type { Plan } from '@restow/model';
import { loadWorld, Simulation, saveWorld, simulatedPorts, World } from '@restow/simulator';
import { UNTIL_ITS_END } from './until-its-end.ts';

/**
 * A process that carries out the plan of a folder on the simulated cluster of that folder, and is killed: after so many
 * journal records, or in the middle of the so-manieth change to the cluster. The cluster outlives it.
 */
const [folder, when, count] = process.argv.slice(2) as [string, 'record' | 'change', string];
const worldFile = join(folder, 'world.json');
const { plan, policy, runId } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as {
  plan: Plan;
  policy: Parameters<typeof carryOut>[0]['policy'];
  runId: string;
};
const world = new World(loadWorld(readFileSync(worldFile, 'utf8')));
const simulation = new Simulation(world);
let left = Number(count);

function die(): void {
  if (--left !== 0) return;
  // The API server finishes what it is doing before anybody learns that the client is dead.
  queueMicrotask(() => {
    writeFileSync(worldFile, saveWorld(world.state));
    process.kill(process.pid, 'SIGKILL');
  });
}

if (existsSync(join(folder, 'journal'))) throw new Error('the folder has been used');
if (when === 'change') {
  world.watch(({ kind }) => {
    if (
      kind.startsWith('pod-surg') ||
      kind === 'pod-evicted' ||
      kind === 'node-ordered' ||
      kind === 'cordoned' ||
      kind === 'uncordoned'
    )
      die();
  });
}
const ports = {
  ...simulatedPorts(simulation),
  planner: { plan: () => Promise.reject(new Error('this run plans once')) },
  journal: FileJournal.create(join(folder, 'journal')),
  onRecord: () => {
    if (when === 'record') die();
  },
};
await simulation.drive(carryOut({ runId, plan, policy }, ports, UNTIL_ITS_END));
writeFileSync(worldFile, saveWorld(world.state));
