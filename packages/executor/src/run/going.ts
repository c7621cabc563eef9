import type { RunContext } from './context.ts';
import type { RunState } from './run-state.ts';

/** Whether the run gets pods off nodes that are about to go: nothing is planned again, and nothing waits for another plan. */
export function isEvacuation({ current }: RunState): boolean {
  return current.evacuation !== undefined;
}

/** Whether a node is about to go by somebody else's hand: no pod shall come to it any more. */
export function isGoing({ state, ports }: Pick<RunContext, 'state' | 'ports'>, node: string): boolean {
  const evacuated = state.current.evacuation?.nodes.some(({ name }) => name === node) ?? false;
  return evacuated || ports.notices.current().some((notice) => notice.node === node);
}
