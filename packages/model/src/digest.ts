import { createHash, hash } from 'node:crypto';

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
  return inOrder(value, sorted);
}

function inOrder(source: object, of: (member: unknown) => unknown): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(source).sort()) copy[key] = of((source as Record<string, unknown>)[key]);
  return copy;
}

/** The same as `digestOf`, of what is short: its text is taken at once. */
export function digestOfShort(value: unknown): string {
  return `sha256:${hash('sha256', canonicalJson(value))}`;
}

/** `sha256:` and the hex digest of the canonical JSON of `value`, which is never there as a whole: it may be long. */
export function digestOf(value: unknown): string {
  const digest = createHash('sha256');
  let text = '';
  for (const piece of piecesOf(value, DEEPEST_PIECES)) {
    text += piece;
    if (text.length < LONGEST_PIECE) continue;
    digest.update(text);
    text = '';
  }
  return `sha256:${digest.update(text).digest('hex')}`;
}

/** Long lists are this deep in what restow writes: `target.placements` of a plan. */
const DEEPEST_PIECES = 2;
const MEMBERS_OF_A_PIECE = 256;
const LONGEST_PIECE = 2 ** 16;

/** The canonical JSON in pieces: of lists and members down to a depth, each of the rest as a whole. */
function* piecesOf(value: unknown, depth: number): Generator<string> {
  if (depth === 0 || value === null || typeof value !== 'object') {
    yield canonicalJson(value);
  } else if (Array.isArray(value)) {
    let before = '[';
    for (let at = 0; at < value.length; at += MEMBERS_OF_A_PIECE) {
      yield before + canonicalJson(value.slice(at, at + MEMBERS_OF_A_PIECE)).slice(1, -1);
      before = ',';
    }
    yield value.length === 0 ? '[]' : ']';
  } else {
    let before = '{';
    for (const [key, member] of Object.entries(inOrder(value, (member) => member))) {
      if (member === undefined) continue;
      yield `${before}${JSON.stringify(key)}:`;
      yield* piecesOf(member, depth - 1);
      before = ',';
    }
    yield before === '{' ? '{}' : '}';
  }
}
