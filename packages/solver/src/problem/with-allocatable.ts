import type { Offering, Resources } from '@restow/model';
import type { PlanRequest } from '../make-plan.ts';

/** The same request, as if nodes that exist and that can be launched had what `has` makes of their allocatable. */
export function withAllocatable(request: PlanRequest, has: (allocatable: Resources) => Resources): PlanRequest {
  const { snapshot, book } = request;
  const changed = <One extends { readonly allocatable: Resources }>(one: One): One => ({
    ...one,
    allocatable: has(one.allocatable),
  });
  return {
    ...request,
    snapshot: { ...snapshot, nodes: snapshot.nodes.map(changed) },
    book: { ...book, offerings: book.offerings.map((offering): Offering => changed(offering)) },
  };
}
