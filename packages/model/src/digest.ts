import { createHash } from 'node:crypto';

/**
 * JSON with the members of every object in code-unit order and no white space, so that equal data have equal text.
 * Follows RFC 8785 for what restow writes: strings, safe integers, finite numbers, booleans, null. `undefined` members
 * are left out.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

/** A copy for the engine to write by itself: a replacer, which it would ask for every member, is slower. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(sorted);
  const source = value as Record<string, unknown>;
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(source).sort()) copy[key] = sorted(source[key]);
  return copy;
}

/** `sha256:` and the hex digest of the canonical JSON of `value`. */
export function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
}
