import type { Plan } from '@restow/model';
import type { RunPorts } from '../run/context.ts';

/** What nodes cost in the plan's terms: of those that commitments pay for, what their going saves. */
export function priceInPlan({ target }: Plan, priceOf: RunPorts['priceOf']): RunPorts['priceOf'] {
  const covered = new Map(target.covered.map(({ node, microsPerHour }) => [node, microsPerHour]));
  return (node) => covered.get(node.name) ?? priceOf(node);
}
