import { type ClusterView, type LiveCluster, OutageError } from '@restow/executor';
import type { World } from '../world/world.ts';
import type { Simulation } from './simulation.ts';

/** Reads the simulated cluster. */
export class SimulatedView implements ClusterView {
  readonly #world: World;
  readonly #simulation: Simulation;
  #live: LiveCluster | null = null;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    this.#world = simulation.world;
  }

  async current(signal: AbortSignal): Promise<LiveCluster> {
    signal.throwIfAborted();
    const { state } = this.#world;
    if (state.now < state.outageUntil) throw new OutageError('the simulated cluster does not answer');
    if (this.#live?.version !== state.version) {
      const readySince = new Map<string, number>();
      for (const [uid, entry] of state.pods) if (entry.readySince !== null) readySince.set(uid, entry.readySince);
      this.#live = { version: state.version, snapshot: this.#world.snapshot(), readySince };
    }
    return this.#live!;
  }

  async ask(signal: AbortSignal): Promise<void> {
    await this.current(signal);
  }

  async changed(version: number, timeoutMs: number, signal: AbortSignal): Promise<LiveCluster> {
    if (this.#world.state.version === version) {
      const stop = new AbortController();
      const slept = this.#simulation.clock.sleep(timeoutMs, AbortSignal.any([signal, stop.signal]));
      let forget = () => {};
      const changed = new Promise<void>((resolve) => {
        forget = this.#world.onChange(resolve);
      });
      try {
        await Promise.race([changed, slept]);
      } finally {
        forget();
        stop.abort();
        slept.catch(() => {});
      }
    }
    return this.current(signal);
  }
}
