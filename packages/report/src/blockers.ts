import { HOURS_PER_MONTH } from '@restow/model';
import type { Period } from './allocate/allocate.ts';
import type { Body, BodyOf } from './ledger/entry.ts';

/** What holds a node that could go or be a cheaper one. */
export interface Blocker {
  readonly node: string;
  /** null: the node is held for its own sake. */
  readonly pod: string | null;
  readonly controller: string | null;
  readonly reasons: readonly string[];
  /** As the plan estimated it. */
  readonly microsPerMonth: number;
}

/** By the last plan of a period; `null`: none was made in it. */
export function blockersIn(bodies: Iterable<Body>, { from, to }: Period): readonly Blocker[] | null {
  let last: BodyOf<'plan'> | null = null;
  for (const body of bodies) {
    if (body.kind === 'plan' && body.at >= from && body.at < to && body.at >= (last?.at ?? 0)) last = body;
  }
  if (last === null) return null;
  return last.blockers.map(({ node, namespace, pod, controller, reasons, microsPerHour }) => ({
    node,
    pod: pod === null ? null : `${namespace}/${pod}`,
    controller: controller === null ? null : `${namespace}/${controller}`,
    reasons,
    microsPerMonth: microsPerHour * HOURS_PER_MONTH,
  }));
}
