import type { PlanRequest, Searched } from './make-plan.ts';
import { slotsOf } from './search/packing-state.ts';

/** What other states launch counts for this part, against what the best one does. */
const OTHERS = 1e-3;

/**
 * Searches twice where policy wants plans to launch no more than so many instance types: among all of them, and then among
 * those for which most is paid in what was found. What is proven is proven of all of them.
 */
export function withFewTypes(asked: PlanRequest, search: (asked: PlanRequest) => Searched): Searched {
  const { policy } = asked;
  const most = policy.launch.mostInstanceTypes;
  const launching = (launch: Partial<typeof policy.launch>) =>
    search({ ...asked, policy: { ...policy, launch: { ...policy.launch, mostInstanceTypes: null, ...launch } } });
  if (most === null) return launching({});
  const free = launching({});
  const instanceTypes = dearestTypes(free).slice(0, most);
  // An empty list is all of them.
  if (instanceTypes.length === 0) return { ...free, asked };
  const narrowed = launching({ instanceTypes });
  const { bound } = free.relaxation;
  return { ...narrowed, asked, relaxation: { ...narrowed.relaxation, bound }, movingBounds: free.movingBounds };
}

/** Instance types by what is paid for those that are launched, most first. */
function dearestTypes({ problem, states, best }: Searched): string[] {
  const paid = new Map<string, number>();
  const count = (index: number, part: number) => {
    const { offering, microsPerHour } = problem.kinds[index]!;
    paid.set(offering.instanceType, (paid.get(offering.instanceType) ?? 0) + part * microsPerHour);
  };
  for (const { kind } of best.launched) count(kind.index, 1);
  for (const state of states) for (const { kind } of slotsOf(state)) if (kind !== null) count(kind, OTHERS);
  return [...paid].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)).map(([type]) => type);
}
