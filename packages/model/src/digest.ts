import { createHash } from 'node:crypto';

/**
 * JSON with the members of every object in code-unit order and no white space, so that equal data have equal text.
 * Follows RFC 8785 for what restow writes: strings, safe integers, finite numbers, booleans, null. `undefined` members
 * are left out.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) => {
    if (member === null || typeof member !== 'object' || Array.isArray(member)) return member;
    const source = member as Record<string, unknown>;
    const sorted: Record<string, unknown> = {};
    for (const key of Object.keys(source).sort()) sorted[key] = source[key];
    return sorted;
  });
}

/** `sha256:` and the hex digest of the canonical JSON of `value`. */
export function digestOf(value: unknown): string {
  return `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;
}
