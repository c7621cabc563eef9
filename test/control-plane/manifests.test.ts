import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Schedule, type ServeConfig, serveConfigSchema } from '@restow/controller';
import { policySchema } from '@restow/model';
import { type ControlPlane, leftOut, startControlPlane } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const COLD_MS = 20 * 60_000;
const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));
const why = leftOut();

interface Manifest {
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: { readonly template?: { readonly metadata: object; readonly spec: object } };
}
const manifests = (name: string): Manifest[] =>
  parseAllDocuments(readFileSync(join(DEPLOY, name), 'utf8')).map((document) => document.toJS() as Manifest);

describe.skipIf(why !== null)(why ?? 'what deploy/ has for a cluster', () => {
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    controlPlane = await startControlPlane({ scheduler: false, kwok: false });
  }, COLD_MS);
  afterAll(() => controlPlane?.stop());

  test.each(['rbac.yaml', 'controller.yaml'])('%s is accepted by the API server as it is', async (name) => {
    const file = join(DEPLOY, name);
    const said = await controlPlane.kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', file]);
    expect(said.trim().split('\n')).toHaveLength(manifests(name).length);
  });

  test('the controller may run where only restricted pods may', async () => {
    const namespace = { name: 'restricted', labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } };
    await controlPlane.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: namespace }]);
    const account = { name: 'restow', namespace: 'restricted' };
    await controlPlane.apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account }]);
    const template = manifests('controller.yaml').find(({ kind }) => kind === 'Deployment')!.spec!.template!;
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: account, spec: template.spec };
    const dryRun = (object: object) =>
      controlPlane.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(object));
    expect(await dryRun(pod)).toMatch(/pod\/restow created/);
    // And others may not.
    await expect(dryRun({ ...pod, spec: { ...template.spec, hostNetwork: true } })).rejects.toThrow(/PodSecurity/);
  });

  test('its configuration is one, and so is its policy', () => {
    const { data } = manifests('controller.yaml').find(({ kind }) => kind === 'ConfigMap')!;
    const config = serveConfigSchema.parse(parse(data!['serve.yaml']!)) as ServeConfig;
    expect(config.schedules.map(({ policy }: Schedule) => policy)).toEqual(['policy.yaml']);
    expect(policySchema.parse(parse(data!['policy.yaml']!)).minimumSavingFraction).toBeGreaterThan(0);
  });
});
