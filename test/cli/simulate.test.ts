import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Plan, planDigest } from '@restow/model';
import { exampleCluster, examplePrices } from '@restow/simulator';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { restow } from './run-restow.ts';

let folder: string;
const file = (name: string) => join(folder, name);
const HEADER = 'apiVersion: restow.dev/v1alpha1\nkind: Scenario\n';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'restow-simulate-'));
  writeFileSync(file('cluster.json'), JSON.stringify(exampleCluster()));
  writeFileSync(file('prices.csv'), examplePrices());
  writeFileSync(file('own.yaml'), `${HEADER}cluster: cluster.json\nprices: ['file:prices.csv']\n`);
  const plan = ['plan', '-f', 'cluster.json', '--prices', 'file:prices.csv', '--effort', 'quick'];
  const made = await restow([...plan, '--save', 'plan.json'], { cwd: folder });
  expect(made.code, made.stderr).toBe(0);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the demo runs the whole line to its target, the same every time', async () => {
  const [first, second] = await Promise.all([restow(['demo']), restow(['demo'])]);
  expect(first.code, first.stderr).toBe(0);
  expect(first.stdout).toBe(second.stdout);
  expect(first.stdout).toMatch(/before: 120 nodes[\s\S]*pods moved[\s\S]*the target is reached/);
  const json = JSON.parse((await restow(['demo', '--json'])).stdout) as { plan: Plan; account: { outcome: string } };
  expect(json.account.outcome).toBe('target');
  expect(planDigest(json.plan)).toBe(json.plan.metadata.planDigest);
});

test('a scenario is played with restow and without it, the same every time', async () => {
  const scenario = `${HEADER}hours: 2\nrestow: { everyHours: 1 }\nspot: { traces: [{ file: trace.json }] }
load: [{ namespace: shop, ofReplicas: [${Array.from({ length: 24 }, (_, hour) => 0.5 + (hour % 3) / 4).join(', ')}] }]\n`;
  writeFileSync(file('day.yaml'), scenario);
  writeFileSync(file('trace.json'), JSON.stringify({ metadata: { gap_seconds: 600 }, data: [4, 4, 4, 3, 4, 2] }));
  const flags = [['--json'], ['--json'], []];
  const runs = await Promise.all(flags.map((flag) => restow(['simulate', 'day.yaml', ...flag], { cwd: folder })));
  expect(runs[2]!.stdout).toMatch(/saved +[\d.]+ USD in 2 h/);
  expect(runs[0]!.code, runs[0]!.stderr).toBe(0);
  expect(runs[0]!.stdout).toBe(runs[1]!.stdout);
  const result = JSON.parse(runs[0]!.stdout);
  expect(result.without.hours.length).toBe(2);
  expect(result.with.runs.length).toBe(1);
  expect(result.with.paidMicros).toBeLessThan(result.without.paidMicros);
  expect(result.without.interruptedNodes).toBeGreaterThan(0);
  const sum = (hours: { paidMicros: number }[]) => hours.reduce((total, { paidMicros }) => total + paidMicros, 0);
  expect(Math.abs(sum(result.with.hours) - result.with.paidMicros)).toBeLessThanOrEqual(3);
});

test('a saved plan is carried out on the cluster that it was made from', async () => {
  const { code, stdout, stderr } = await restow(['simulate', 'own.yaml', '--plan', 'plan.json'], { cwd: folder });
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/the target is reached/);
});

describe('a plan that must not be carried out', () => {
  const attempt = async (text: string) => {
    writeFileSync(file('wrong.json'), text);
    const { code, stdout, stderr } = await restow(['simulate', 'own.yaml', '--plan', 'wrong.json'], { cwd: folder });
    expect(code).toBe(2);
    expect(stdout).not.toMatch(/moved/);
    return stderr;
  };
  const plan = () => JSON.parse(readFileSync(file('plan.json'), 'utf8')) as Plan;
  const signed = (changed: Plan) => {
    return JSON.stringify({ ...changed, metadata: { ...changed.metadata, planDigest: planDigest(changed) } });
  };

  test('edited by hand', async () => {
    const edited = plan();
    expect(await attempt(JSON.stringify({ ...edited, steps: edited.steps.slice(1) }))).toMatch(
      /digest does not match.*nothing was begun/,
    );
  });

  test('of another cluster', async () => {
    const { metadata, ...rest } = plan();
    expect(await attempt(signed({ ...rest, metadata: { ...metadata, cluster: 'another' } }))).toMatch(
      /cluster another/,
    );
  });

  test('of a newer version', async () => {
    expect(await attempt(JSON.stringify({ ...plan(), apiVersion: 'restow.dev/v2' }))).toMatch(
      /apiVersion is "restow.dev\/v2"/,
    );
  });

  test('cut short', async () => {
    const text = JSON.stringify(plan());
    expect(await attempt(text.slice(0, text.length / 2))).toMatch(/wrong.json/);
  });

  test('from an anonymised snapshot', async () => {
    await restow(['snapshot', '-f', 'cluster.json', '--anonymise', '--save', 'hidden.json'], { cwd: folder });
    const made = await restow(
      ['plan', '-f', 'hidden.json', '--prices', 'file:prices.csv', '--effort', 'quick', '--save', 'hidden-plan.json'],
      { cwd: folder },
    );
    expect(made.code, made.stderr).toBe(0);
    expect(await attempt(readFileSync(file('hidden-plan.json'), 'utf8'))).toMatch(/anonymised.*nothing was begun/);
  });
});

describe('a scenario that is wrong', () => {
  test.each([
    ['an unknown key', `${HEADER}hour: 3\n`, /wrong.yaml: .*hour/],
    ['an unknown failure', `${HEADER}faults: [{ name: meteor }]\n`, /wrong.yaml: faults\[0\].name/],
    ['a load of 23 hours', `${HEADER}load: [{ ofReplicas: [${'1, '.repeat(22)}1] }]\n`, /load\[0\].ofReplicas/],
    ['no YAML', `${HEADER}hours: [\n`, /wrong.yaml: line \d+: is not YAML/],
    ['a cluster that is not there', `${HEADER}cluster: nowhere.json\n`, /nowhere.json: cannot be read/],
    ['a trace that is none', `${HEADER}hours: 1\nspot: { traces: [{ file: cluster.json }] }\n`, /cluster.json/],
    ['a policy with an unknown key', `${HEADER}policy: { run: { budget: 1 } }\n`, /policy.run/],
  ])('%s: exit code 2, with file and path', async (_what, text, said) => {
    writeFileSync(file('wrong.yaml'), text);
    const { code, stderr } = await restow(['simulate', 'wrong.yaml'], { cwd: folder });
    expect(code).toBe(2);
    expect(stderr).toMatch(said);
  });
});
