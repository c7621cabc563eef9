import { InputError } from './errors.ts';
import { parseQuantity, quantityToMilli, quantityToUnits } from './quantity.ts';

/**
 * Amounts by Kubernetes resource name, as integers in the unit that the scheduler counts in:
 * `cpu` in thousandths of a core, `memory` and `ephemeral-storage` in bytes, everything else in whole units.
 */
export type Resources = Readonly<Record<string, number>>;

const cache = new Map<string, number>();

/** One amount of one resource; negative amounts are an InputError. */
export function parseResource(name: string, text: string): number {
  const key = `${name === 'cpu' ? 'c' : 'u'}${text}`;
  const known = cache.get(key);
  if (known !== undefined) return known;
  const quantity = parseQuantity(text);
  if (quantity.nanos < 0n) throw new InputError(`'${text}' is negative; an amount of ${name} cannot be`);
  const amount = name === 'cpu' ? quantityToMilli(quantity) : quantityToUnits(quantity);
  if (cache.size < 100_000) cache.set(key, amount);
  return amount;
}

/** Sum by name. */
export function addResources(a: Resources, b: Resources): Resources {
  return combine(a, b, (x, y) => x + y);
}

/** Larger of the two by name. */
export function maxResources(a: Resources, b: Resources): Resources {
  return combine(a, b, Math.max);
}

function combine(a: Resources, b: Resources, how: (x: number, y: number) => number): Resources {
  const result: Record<string, number> = { ...a };
  for (const [name, amount] of Object.entries(b)) result[name] = how(result[name] ?? 0, amount);
  return result;
}
