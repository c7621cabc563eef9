import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { jsonSchemas } from './json-schemas.ts';

test.each(Object.entries(jsonSchemas()))('schemas/%s.schema.json is what `npm run schemas` writes', (name, schema) => {
  const file = new URL(`../schemas/${name}.schema.json`, import.meta.url);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)));
});

test('the plan has every field of the contract', () => {
  const { plan } = jsonSchemas() as { plan: { properties: Record<string, { properties: Record<string, unknown> }> } };
  const fields = (part: string) => Object.keys(plan.properties[part]!.properties);
  expect(Object.keys(plan.properties)).toEqual(
    expect.arrayContaining(['apiVersion', 'kind', 'metadata', 'summary', 'target', 'steps', 'stays']),
  );
  const metadata = 'planDigest snapshotDigest priceBookDigest policyDigest cluster basis seed effort engine createdAt';
  expect(fields('metadata')).toEqual(expect.arrayContaining(metadata.split(' ')));
  const summary = 'currency microsPerHour gap objectiveGap status nodes pods moves stallMs movedBytes solveMs';
  expect(fields('summary')).toEqual(expect.arrayContaining(summary.split(' ')));
  expect(fields('target')).toEqual(expect.arrayContaining(['nodes', 'placements']));
});
