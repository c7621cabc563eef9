import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { DEFAULT_POLICY, policySchema } from './policy.ts';

const documented: unknown = parse(readFileSync(new URL('../../../docs/policy.yaml', import.meta.url), 'utf8'));

test('the documented policy is the default one, key by key', () => {
  expect(policySchema.parse(documented)).toEqual(DEFAULT_POLICY);
  const keys = (value: unknown): string[] =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? []
      : Object.entries(value).flatMap(([key, member]) => [key, ...keys(member).map((inner) => `${key}.${inner}`)]);
  expect(keys(documented).sort()).toEqual(keys(DEFAULT_POLICY).sort());
});
