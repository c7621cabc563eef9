/** By which reservations of flexible size are counted. Source: AWS, normalization factors. */
const FACTORS: Readonly<Record<string, number>> = { nano: 0.25, micro: 0.5, small: 1, medium: 2, large: 4, xlarge: 8 };
const QUARTERS = 4;

/** `m5` of `m5.large`. */
export function familyOf(instanceType: string): string {
  return instanceType.slice(0, Math.max(0, instanceType.indexOf('.')));
}

/** The normalised size of a machine type in quarters, a whole number; null for bare metal and what is not known. */
export function quartersOf(instanceType: string): number | null {
  const size = instanceType.slice(instanceType.indexOf('.') + 1);
  const [, times] = /^(\d+)xlarge$/.exec(size) ?? [];
  const factor = times === undefined ? FACTORS[size] : Number(times) * FACTORS.xlarge!;
  return factor === undefined ? null : factor * QUARTERS;
}
