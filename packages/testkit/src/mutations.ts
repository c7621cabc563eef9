import { seededRandom } from '@restow/model';

/** An answer of an API, as its client hands it over. */
export type Json = null | boolean | number | string | Date | Json[] | { [key: string]: Json };

const random = seededRandom(20_261_126);
const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!;

/** Every place in a value, as the keys that lead there. */
function placesIn(value: Json, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null || value instanceof Date) return [path];
  const inside = Object.entries(value).flatMap(([key, one]) => placesIn(one, [...path, key]));
  return path.length === 0 ? inside : [path, ...inside];
}

function mutatedOnce(value: Json): Json {
  switch (pick(['null', 'type', 'unit', 'currency', 'negative', 'reordered'])) {
    case 'null':
      return null;
    case 'type':
      if (typeof value === 'string') return Number.isNaN(Number(value)) ? [value] : Number(value);
      return typeof value === 'number' ? String(value) : Array.isArray(value) ? { 0: value } : [value];
    case 'unit':
      return value === 'Hrs' ? 'Quantity' : { unit: value };
    case 'currency':
      if (value === 'USD') return 'EUR';
      if (typeof value === 'object' && value !== null && 'USD' in value) return { EUR: (value as { USD: Json }).USD };
      return [value, value];
    case 'negative':
      if (typeof value === 'number') return -value - 1;
      return typeof value === 'string' ? `-${value}` : value;
    default:
      if (typeof value !== 'object' || value === null || value instanceof Date) return value;
      return Array.isArray(value) ? value.toReversed() : Object.fromEntries(Object.entries(value).toReversed());
  }
}

/** The item with one place missing, doubled or made into something else; always in the same order. */
export function mutated(item: Json): Json {
  const copy = structuredClone(item);
  const path = pick(placesIn(copy));
  let parent = copy as Record<string | number, Json>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string | number, Json>;
  const key = path.at(-1)!;
  const how = pick(['missing', 'doubled', 'changed', 'changed']);
  if (how === 'missing') delete parent[key];
  else if (how === 'doubled' && Array.isArray(parent)) parent.push(parent[key as number]!);
  else if (how === 'doubled') parent[`${key}-2`] = parent[key]!;
  else parent[key] = mutatedOnce(parent[key]!);
  return copy;
}
