import { OutageError } from '@restow/executor';
import type { World } from '../world/world.ts';

/** The simulated cluster answers nothing while it is out of reach, nor anybody who has given up. */
export function answerWhenThere({ state }: World, signal: AbortSignal): void {
  signal.throwIfAborted();
  if (state.now < state.outageUntil) throw new OutageError('the simulated cluster does not answer');
}
