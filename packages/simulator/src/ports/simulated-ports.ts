import type { NoticeSource, RunPorts } from '@restow/executor';
import type { World } from '../world/world.ts';
import { SimulatedMarker } from './simulated-marker.ts';
import { SimulatedMover } from './simulated-mover.ts';
import { SimulatedNodeManager } from './simulated-node-manager.ts';
import { SimulatedView } from './simulated-view.ts';
import type { Simulation } from './simulation.ts';

/** All that a run needs, on a simulation; who plans, the journal and who looks on are the caller's. */
export function simulatedPorts(simulation: Simulation): Omit<RunPorts, 'planner' | 'journal' | 'onRecord'> {
  const { world, clock } = simulation;
  return {
    clock,
    view: new SimulatedView(simulation),
    nodes: new SimulatedNodeManager(simulation),
    marker: new SimulatedMarker(world),
    mover: new SimulatedMover(simulation),
    notices: noticesOf(world),
    priceOf: ({ name }) => world.state.nodes.get(name)?.microsPerHour ?? null,
  };
}

function noticesOf(world: World): NoticeSource {
  return { current: () => world.state.notices.filter(({ node }) => world.state.nodes.has(node)) };
}
