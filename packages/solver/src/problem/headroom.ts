import type { Offering, Resources } from '@restow/model';
import type { PlanRequest } from '../make-plan.ts';

/**
 * The same request with so much less room on every node as the policy wants kept free there (`headroom`): nothing is sent
 * to a node whose pods would then ask for more; what asks for more already stays.
 */
export function withHeadroom(request: PlanRequest): PlanRequest {
  const { snapshot, book, policy } = request;
  const free: Readonly<Record<string, number>> = {
    cpu: policy.headroom.cpuFraction,
    memory: policy.headroom.memoryFraction,
  };
  if (Object.values(free).every((part) => part === 0)) return request;
  const has = ({ allocatable }: { readonly allocatable: Resources }): Resources =>
    Object.fromEntries(
      Object.entries(allocatable).map(([name, amount]) => [name, Math.floor(amount * (1 - (free[name] ?? 0)))]),
    );
  return {
    ...request,
    snapshot: { ...snapshot, nodes: snapshot.nodes.map((node) => ({ ...node, allocatable: has(node) })) },
    book: {
      ...book,
      offerings: book.offerings.map((offering): Offering => ({ ...offering, allocatable: has(offering) })),
    },
  };
}
