import { type CapacityType, HOURS_PER_MONTH, type Policy } from '@restow/model';
import { familyOf } from '@restow/pricing';

/** How often an hour a machine is expected to be interrupted, as the policy says; where it says nothing: never. */
export function interruptionsPerHour(
  { prices: { interruptions } }: Policy,
  machine: { readonly instanceType: string | null; readonly capacityType: CapacityType },
): number {
  const { instanceType, capacityType } = machine;
  const known = interruptions.find(({ capacityTypes, families, instanceTypes }) => {
    if (!capacityTypes.includes(capacityType)) return false;
    if (families.length + instanceTypes.length === 0) return true;
    return instanceType !== null && (instanceTypes.includes(instanceType) || families.includes(familyOf(instanceType)));
  });
  return known === undefined ? 0 : known.perMonth / HOURS_PER_MONTH;
}
