import { readdirSync, readFileSync } from 'node:fs';
import { FakeGcp, fakeGcpProject } from '@restow/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { examineGcp } from './doctor.ts';
import { GROUP_PERMISSIONS, NOTICE_PERMISSIONS, PRICE_PERMISSIONS } from './permissions.ts';

let gcp: FakeGcp;
beforeAll(async () => {
  gcp = await FakeGcp.start(fakeGcpProject());
  for (const [name, value] of Object.entries(gcp.env)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await gcp.stop();
});

test('the roles allow just what is asked for, and each says what it costs not to have it', () => {
  const roles = ['prices', 'nodes', 'notices'].map((name): string[] => {
    const text = readFileSync(new URL(`../../../deploy/gcp/${name}.role.yaml`, import.meta.url), 'utf8');
    return (parse(text) as { includedPermissions: string[] }).includedPermissions;
  });
  const all = [PRICE_PERMISSIONS, GROUP_PERMISSIONS, NOTICE_PERMISSIONS];
  expect(roles).toEqual(all.map((some) => some.map(({ action }) => action)));
  expect(all.flat().every(({ without }) => without.length > 10)).toBe(true);
  // Every permission that the sources ask by name is among them, but for the catalogue's, which is none.
  const folder = new URL('.', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !/\.test\.ts$|permissions\.ts$/.test(name),
  );
  const sources = files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n');
  const named = new Set(sources.match(/(?<=')(?:compute|container|cloudbilling)\.[a-zA-Z]+\.[a-zA-Z]+(?=')/g));
  expect([...named].filter((one) => !roles.flat().includes(one)).sort()).toEqual(['cloudbilling.services.list']);
});

test('doctor asks for each, and says what is denied', async () => {
  gcp.fail((_method, path) => {
    if (path.endsWith('/commitments')) return { status: 403, reason: 'forbidden' };
    if (path.endsWith('/deleteInstances')) return { status: 403, reason: 'forbidden' };
    return path.endsWith('/clusters') ? { status: 400, reason: 'strange' } : undefined;
  });
  const found = await examineGcp('us-central1', AbortSignal.timeout(60_000));
  const by = (answer: string) => found.filter((one) => one.answer === answer).map(({ action }) => action);
  expect(by('denied')).toEqual(['compute.commitments.list', 'compute.instanceGroupManagers.update']);
  expect(by('unknown')).toEqual(['container.clusters.list']);
  expect(by('allowed')).toHaveLength(7);
  expect(found.find(({ action }) => action === 'compute.commitments.list')!.note).toMatch(/overstated/);
});
