import type { PlanRequest } from '../make-plan.ts';
import { withAllocatable } from './with-allocatable.ts';

/**
 * The same request with so much less room on every node as the policy wants kept free there (`headroom`): nothing is sent
 * to a node whose pods would then ask for more; what asks for more already stays.
 */
export function withHeadroom(request: PlanRequest): PlanRequest {
  const { cpuFraction, memoryFraction } = request.policy.headroom;
  if (cpuFraction === 0 && memoryFraction === 0) return request;
  const free: Readonly<Record<string, number>> = { cpu: cpuFraction, memory: memoryFraction };
  return withAllocatable(request, (allocatable) =>
    Object.fromEntries(
      Object.entries(allocatable).map(([name, amount]) => [name, Math.floor(amount * (1 - (free[name] ?? 0)))]),
    ),
  );
}
