import type { JournalRecord } from '@restow/executor';
import type { World, WorldLogEntry } from '@restow/simulator';
import { brokenRules } from './truth.ts';

/**
 * Compares which rules are broken whenever no pod is on its way, before and after what the run has moved meanwhile. What
 * others have done in between is not held against the run.
 */
export class StateWatcher {
  readonly wrong: string[] = [];
  readonly #world: World;
  readonly #moving = new Set<string>();
  #evicted = new Set<string>();
  #before: ReadonlySet<string>;
  #disturbed = false;

  constructor(world: World) {
    this.#world = world;
    this.#before = brokenRules(world.snapshot());
    world.watch((entry) => this.#look(entry));
  }

  hear(record: JournalRecord): void {
    if (record.type === 'begun' && record.does.kind === 'move') this.#moving.add(record.step);
    if (record.type === 'step' || (record.type === 'acted' && !record.outcome.ok)) {
      if (record.type === 'step') this.#moving.delete(record.step);
      if (record.type === 'step' && record.state === 'failed') this.#disturbed = true;
      this.#compare();
    }
  }

  #look(entry: WorldLogEntry): void {
    if (entry.kind === 'pod-evicted' || entry.kind === 'pod-surged') this.#evicted.add(entry.uid);
    if (entry.kind === 'fault' || entry.kind === 'pod-lost' || entry.kind === 'node-lost') this.#disturbed = true;
    // A node in a new zone is one more place over which pods are to be spread, and nobody has moved yet.
    if (entry.kind === 'node-joined' || entry.kind === 'node-ready') this.#disturbed = true;
    if (entry.kind === 'pod-gone' && !this.#evicted.has(entry.uid)) this.#disturbed = true;
  }

  #compare(): void {
    if (this.#moving.size > 0) return;
    const now = brokenRules(this.#world.snapshot());
    if (!this.#disturbed) {
      for (const broken of now) if (!this.#before.has(broken)) this.wrong.push(`the run breaks ${broken}`);
    }
    this.#before = now;
    this.#disturbed = false;
  }
}
