import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson, digestOf, digestOfShort } from './digest.ts';

test('the order of members does not matter, that of items does', () => {
  expect(canonicalJson({ b: 1, a: { d: [2, 1], c: null } })).toBe('{"a":{"c":null,"d":[2,1]},"b":1}');
  expect(digestOf({ a: 1, b: 2 })).toBe(digestOf({ b: 2, a: 1 }));
  expect(digestOf([1, 2])).not.toBe(digestOf([2, 1]));
});

test('members that are undefined are not there', () => {
  expect(canonicalJson({ a: undefined, b: 1 })).toBe('{"b":1}');
});

const whole = (value: unknown) => `sha256:${createHash('sha256').update(canonicalJson(value)).digest('hex')}`;

test('the digest is that of the whole canonical text, in however many pieces it is taken', () => {
  const member = fc.option(fc.jsonValue({ maxDepth: 4 }), { nil: undefined });
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue({ maxDepth: 5 }), fc.dictionary(fc.string(), member)), (value) => {
      expect(digestOf(value)).toBe(whole(value));
      expect(digestOfShort(value)).toBe(whole(value));
    }),
  );
  const long = Array.from({ length: 20_000 }, (_, k) => ({ name: `pod-${k}`, at: [k, undefined], none: undefined }));
  const nested = { list: long, within: { list: long, 'ä"': {}, none: undefined }, empty: [] };
  expect(digestOf(nested)).toBe(whole(nested));
});
