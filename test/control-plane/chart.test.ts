import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type ControlPlane,
  leftOut,
  lintChart,
  MANIFESTS,
  manifestsOf,
  renderChart,
  startControlPlane,
} from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';

const COLD_MS = 20 * 60_000;
vi.setConfig({ testTimeout: COLD_MS });
const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));
const why = leftOut();

/** Another value for each, and one that switches on what it is about, where that is off. */
const OTHERS: Readonly<Record<string, readonly [other: string, needs?: string]>> = {
  'image.repository': ['"registry.example/restow"'],
  'image.tag': ['"1.2.3"'],
  'image.pullPolicy': ['"Always"'],
  imagePullSecrets: ['[{"name":"pull"}]'],
  rights: ['"plan"'],
  'serviceAccount.annotations': ['{"eks.amazonaws.com/role-arn":"arn:aws:iam::1:role/restow"}'],
  config: ['{"listen":{"port":9090},"schedules":[]}'],
  policies: ['{"other.yaml":{"onlyRemove":true}}'],
  'persistence.enabled': ['false'],
  'persistence.existingClaim': ['"kept"'],
  'persistence.storageClass': ['"fast"'],
  'persistence.size': ['"5Gi"'],
  resources: ['{"requests":{"cpu":"1"}}'],
  env: ['[{"name":"AWS_REGION","value":"eu-west-1"}]'],
  podAnnotations: ['{"example.com/a":"b"}'],
  podLabels: ['{"team":"platform"}'],
  priorityClassName: ['"system-cluster-critical"'],
  nodeSelector: ['{"kubernetes.io/os":"linux"}'],
  tolerations: ['[{"key":"a","operator":"Exists"}]'],
  affinity: ['{"nodeAffinity":{}}'],
  'service.enabled': ['true'],
  'service.annotations': ['{"example.com/a":"b"}', 'service.enabled=true'],
  liveMoves: ['true'],
  'agent.enabled': ['true'],
  'agent.nodeSelector': ['{"kubernetes.io/os":"linux"}', 'agent.enabled=true'],
  'agent.tolerations': ['[{"key":"a","operator":"Exists"}]', 'agent.enabled=true'],
  'agent.tlsFolder': ['"/var/lib/restow/tls"', 'agent.enabled=true'],
  'agent.shimFolder': ['"/opt/bin"', 'agent.enabled=true'],
  'agent.metadata': ['"aws"', 'agent.enabled=true'],
  'agent.moves': ['4', 'agent.enabled=true'],
  'agent.archiveMemory': ['"8Gi"', 'agent.enabled=true'],
  'agent.bandwidth': ['"100Mi"', 'agent.enabled=true'],
  'agent.resources': ['{"limits":{"memory":"1Gi"}}', 'agent.enabled=true'],
};
/** Objects that are values of their own, whatever is in them. */
const WHOLE = new Set(Object.keys(OTHERS));

function leavesOf(value: unknown, path = ''): string[] {
  if (WHOLE.has(path) || typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, path === '' ? key : `${path}.${key}`));
}

describe.skipIf(why !== null)(why ?? 'the chart', () => {
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    controlPlane = await startControlPlane({ scheduler: false, kwok: false });
  }, COLD_MS);
  afterAll(() => controlPlane?.stop());
  const dryRun = async (manifests: string) => {
    const said = await controlPlane.kubectl(['apply', '--dry-run=server', '--validate=strict', '-f', '-'], manifests);
    return said.trim().split('\n').length;
  };
  const countOf = (manifests: string) => parseAllDocuments(manifests).filter((one) => one.toJS() !== null).length;

  test.each(MANIFESTS)('%s is what it makes of its defaults (npm run manifests)', async (name) => {
    expect(readFileSync(`${DEPLOY}${name}`, 'utf8')).toBe(await manifestsOf(name));
  });

  test('every value is tried here', () => {
    const values = parse(readFileSync(`${DEPLOY}chart/values.yaml`, 'utf8')) as object;
    expect(leavesOf(values).sort()).toEqual(Object.keys(OTHERS).sort());
  });

  test('every value changes what is made, passes the linter, and is accepted by the API server', async () => {
    const made = new Set<string>();
    for (const [path, [other, prerequisite]] of Object.entries(OTHERS)) {
      const values = [...(prerequisite === undefined ? [] : [prerequisite]), `${path}=${other}`];
      const before = await renderChart({ values: values.slice(0, -1) });
      const after = await renderChart({ values });
      expect(after, path).not.toBe(before);
      expect(await lintChart(values), path).toMatch(/0 chart\(s\) failed/);
      made.add(after);
    }
    const all = [...made].join('\n');
    expect(await dryRun(all)).toBe(countOf(all));
  });

  test('in a namespace and under a name of its own', async () => {
    await controlPlane.kubectl(['create', 'namespace', 'finops']);
    const values = ['agent.enabled=true', 'liveMoves=true', 'service.enabled=true'];
    const manifests = await renderChart({ values, namespace: 'finops', release: 'cheaper' });
    expect(await dryRun(manifests)).toBe(countOf(manifests));
    expect(manifests).toMatch(/serviceAccountName: cheaper$/m);
  });

  test.each([
    ['a value that is none', 'colour="blue"', /additional propert/i],
    ['a kind of rights that is none', 'rights="everything"', /rights/],
    ['schedules for whoever may only read', 'rights="read"', /can show no plan/],
    ['a policy in place of the configuration', 'policies={"serve.yaml":{}}', /policies/],
  ])('it refuses %s', async (_what, value, said) => {
    await expect(renderChart({ values: [value] })).rejects.toThrow(said);
  });

  test('who reads cannot plan, and who plans cannot act', async () => {
    await controlPlane.kubectl(['apply', '-f', `${DEPLOY}rbac.yaml`]);
    const may = async (account: string, ...what: readonly string[]) => {
      const as = ['--as', `system:serviceaccount:kube-system:${account}`];
      const answer = await controlPlane
        .kubectl(['auth', 'can-i', ...what, ...as])
        .catch((error: { stdout?: string }) => error.stdout ?? '');
      return answer.trim() === 'yes';
    };
    const read = ['list', 'pods', '-A'];
    const plan = ['patch', 'leases.coordination.k8s.io/restow', '-n', 'kube-system'];
    const acts = [
      ['create', 'pods', '--subresource=eviction'],
      ['patch', 'nodes'],
      ['delete', 'nodes'],
    ];
    const found = async (account: string) => ({
      read: await may(account, ...read),
      plan: await may(account, ...plan),
      act: await Promise.all(acts.map((act) => may(account, ...act))),
      secrets: await may(account, 'get', 'secrets', '-A'),
    });
    const none = [false, false, false];
    expect(await found('restow-reader')).toEqual({ read: true, plan: false, act: none, secrets: false });
    expect(await found('restow-planner')).toEqual({ read: true, plan: true, act: none, secrets: false });
    expect(await found('restow')).toEqual({ read: true, plan: true, act: [true, true, true], secrets: false });
  });
});
