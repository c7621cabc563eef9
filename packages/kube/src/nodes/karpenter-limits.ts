import { parseResource } from '@restow/model';
import type { NodePool } from './karpenter-objects.ts';

/** Which limit the NodePool has reached already; null: none. How much is still to be had, the planner has kept to. */
export function exceededLimit({ metadata, spec, status }: NodePool): string | null {
  for (const [name, limit] of Object.entries(spec.limits ?? {})) {
    const used = status?.resources?.[name];
    if (used === undefined) continue;
    if (parseResource(name, String(used)) >= parseResource(name, String(limit))) {
      return `NodePool ${metadata.name} has reached its limit of ${name} (${used} of ${limit})`;
    }
  }
  return null;
}
