export { exampleBook } from './example/example-book.ts';
export { exampleCluster } from './example/example-cluster.ts';
export { examplePrices } from './example/example-prices.ts';
export { simulatedPorts } from './ports/simulated-ports.ts';
export { Simulation } from './ports/simulation.ts';
export { type Scenario, type SpotTrace, scenarioSchema, spotTraceSchema } from './scenario/scenario.ts';
export {
  type ScenarioPlanner,
  type SimulatedHour,
  type SimulatedRun,
  type SimulationInput,
  type SimulationResult,
  simulate,
} from './scenario/simulate.ts';
export { healthyOf, isUnder } from './world/budgets.ts';
export { createWorld, DEFAULT_BEHAVIOUR, type WorldRequest } from './world/create-world.ts';
export { FAULT_NAMES, type Fault, type FaultName, faultSchema } from './world/faults.ts';
export { isDaemon } from './world/pods.ts';
export { loadWorld, saveWorld } from './world/save-world.ts';
export { giveNotice } from './world/timed-faults.ts';
export { World } from './world/world.ts';
export type { WorldBehaviour, WorldLogEntry, WorldState } from './world/world-state.ts';
