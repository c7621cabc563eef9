import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Plan, planSchema, snapshotSchema } from '@restow/model';
import { exampleCluster, examplePrices } from '@restow/simulator';
import type { WhatIfCase } from '@restow/solver';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { restow } from './run-restow.ts';

let folder: string;
let dump: string;
let prices: string;
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'restow-cli-'));
  dump = at('dump.json');
  prices = at('prices.csv');
  writeFileSync(dump, JSON.stringify(exampleCluster()));
  writeFileSync(prices, examplePrices());
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const plan = (...args: string[]) => restow(['plan', '--prices', `file:${prices}`, '--effort', 'quick', ...args]);
const withoutTimes = ({
  metadata: { createdAt: _at, ...metadata },
  summary: { solveMs: _ms, ...summary },
  ...rest
}: Plan) => ({
  ...rest,
  metadata,
  summary,
});

test('a plan from a file, from gzip, from two files, from stdin and from a saved snapshot is the same', async () => {
  const { items } = exampleCluster();
  writeFileSync(at('dump.json.gz'), gzipSync(readFileSync(dump)));
  writeFileSync(at('a.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: items.slice(0, 400) }));
  writeFileSync(at('b.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items: items.slice(400) }));
  const snapshot = await restow(['snapshot', '-f', dump, '--save', at('snapshot.json.gz')]);
  expect(snapshot).toMatchObject({ code: 0, stdout: expect.stringContaining('nodes   120') });
  const outputs = await Promise.all([
    plan('-f', dump, '-o', 'json'),
    plan('-f', at('dump.json.gz'), '-o', 'json'),
    plan('-f', at('a.json'), '-f', at('b.json'), '-o', 'json'),
    plan('-f', at('snapshot.json.gz'), '-o', 'json'),
    restow(['plan', '--prices', `file:${prices}`, '--effort', 'quick', '-f', '-', '-o', 'json'], {
      input: readFileSync(dump),
    }),
  ]);
  const [first, ...others] = outputs.map(({ stdout }) => withoutTimes(planSchema.parse(JSON.parse(stdout)) as Plan));
  for (const other of others) expect(other).toEqual(first);
  expect(first!.summary.moves).toBeGreaterThan(100);
});

test('the table says first what a busy person wants, YAML and JSON are the same plan, and --save keeps it', async () => {
  const [table, yaml] = await Promise.all([
    plan('-f', dump, '--save', at('plan.json')),
    plan('-f', dump, '-o', 'yaml'),
  ]);
  const saved = planSchema.parse(JSON.parse(readFileSync(at('plan.json'), 'utf8'))) as Plan;
  expect(statSync(at('plan.json')).mode & 0o777).toBe(0o600);
  expect(withoutTimes(parse(yaml.stdout) as Plan)).toEqual(withoutTimes(saved));
  const words = table.stdout.split('\n').map((line) => line.split(/\s/)[0]);
  expect(words.slice(0, 7)).toEqual(['cost', 'saving', 'proof', '', 'nodes', 'moves', 'moving']);
  expect(table.stdout).toMatch(/^ +with moves at their price, nothing costs less than /m);
  expect(table.stdout).toContain('what stays, what that costs, and why');
  expect(table.stderr).toBe('');
});

test('--frontier lists plans to choose from, and as data it is all of them', async () => {
  const [table, data] = await Promise.all([
    plan('-f', dump, '--frontier'),
    plan('-f', dump, '--frontier', '-o', 'json'),
  ]);
  const { kind, plans } = JSON.parse(data.stdout) as { kind: string; plans: readonly unknown[] };
  const all = plans.map((one) => planSchema.parse(one) as Plan);
  expect(kind).toBe('PlanFrontier');
  const lines = table.stdout.trim().split('\n');
  expect(lines[0]).toMatch(/^MOVES {2,}COST\/H/);
  const moves = lines.slice(1, 1 + all.length).map((line) => Number(line.trim().split(/ {2,}/)[0]));
  expect(moves).toEqual(all.map(({ summary }) => summary.moves));
  expect(all.length).toBeGreaterThanOrEqual(5);
});

test('explain says why pods and nodes go, come and stay', async () => {
  await plan('-f', dump, '--save', at('plan.json'));
  const saved = JSON.parse(readFileSync(at('plan.json'), 'utf8')) as Plan;
  const moved = saved.target.placements.find(({ from }) => from !== null)!;
  const come = saved.target.nodes.find(({ existing }) => !existing)!;
  const explain = async (name: string, ...more: string[]) =>
    (await restow(['explain', at('plan.json'), name, ...more])).stdout;
  expect(await explain(`${moved.namespace}/${moved.name}`)).toContain(`moves from ${moved.from} to ${moved.node} by`);
  expect(await explain('debug-shell')).toContain('it is a bare pod');
  expect(await explain('nightly-report-x7k2p')).toContain('it belongs to a Job');
  expect(await explain('waiting')).toContain('it is pending');
  expect(await explain(moved.from!)).toMatch(/goes|stays/);
  expect(await explain(come.name)).toMatch(/comes: .* takes \d+ pods/s);
  expect(await explain('debug-shell', '-f', dump)).toContain('what the other nodes that are kept say');
  const wrong = await restow(['explain', at('plan.json'), 'debug-shell', '-f', at('other.json')]);
  expect(wrong.code).toBe(2);
  const { stdout } = await restow(['explain', at('plan.json')]);
  expect(stdout).toMatch(/PodDisruptionBudget checkout allows no disruption now +9 pods in shop: /);
  const costs = [...stdout.matchAll(/([\d,.]+) USD\/month/g)].map(([, amount]) => Number(amount!.replaceAll(',', '')));
  expect(costs.length).toBeGreaterThan(3);
  expect(stdout).toContain('estimates: ');
  expect(costs).toEqual(costs.toSorted((one, other) => other - one));
});

test('what constraints cost: with all of them, without each, and without all', async () => {
  const lifts = ['--allow', 'spot', '--without-pdb', 'shop/checkout', '--without-rule', 'node-affinity'];
  const [{ stdout }, asItIs] = await Promise.all([
    plan('-f', dump, ...lifts, '-o', 'json'),
    plan('-f', dump, '-o', 'json'),
  ]);
  const { kind, cases } = JSON.parse(stdout) as { kind: string; cases: readonly WhatIfCase[] };
  expect(kind).toBe('WhatIf');
  expect(cases.map((one) => one.lifts.map(({ kind: what }) => what))).toEqual([
    [],
    ['allow'],
    ['budget'],
    ['rule'],
    ['allow', 'budget', 'rule'],
  ]);
  expect(cases[0]!.saves.found).toBe(0);
  const [, , budget, rule, all] = cases.map(({ saves }) => saves);
  for (const { least } of [budget!, rule!]) expect(least).toBeGreaterThan(0);
  const { stays } = JSON.parse(asItIs.stdout) as Plan;
  const heldByBudget = stays.filter(({ reasons }) => reasons.some((one) => one.includes('checkout allows no')));
  const estimate = heldByBudget.reduce((sum, { microsPerHour }) => sum + microsPerHour, 0);
  expect(estimate).toBeGreaterThan(0.7 * budget!.least);
  expect(estimate).toBeLessThan(budget!.most);
  expect(all!.found).toBeGreaterThanOrEqual(Math.max(budget!.found, rule!.found));
  const table = await plan('-f', dump, '--without-pdb', 'shop/checkout');
  const [heading, none, without, ...more] = table.stdout.split('\n');
  expect(heading).toMatch(/^CONSTRAINT LIFTED +COST\/H +SAVES\/MONTH +AT LEAST +AT MOST +MOVES$/);
  expect(none).toMatch(/^none /);
  expect(without).toMatch(/^without PodDisruptionBudget shop\/checkout /);
  expect(more).toEqual(['']);
});

test('scope: excluded namespaces, selected nodes and only-remove are respected', async () => {
  const run = async (...args: string[]) => JSON.parse((await plan('-f', dump, '-o', 'json', ...args)).stdout) as Plan;
  const moved = ({ target }: Plan) => target.placements.filter(({ from }) => from !== null);
  const [excluded, selected, removing] = await Promise.all([
    run('--exclude-namespace', 'shop', '--exclude-namespace', 'batch'),
    run('--nodes', 'karpenter.sh/nodepool=spot'),
    run('--only-remove'),
  ]);
  expect(new Set(moved(excluded).map(({ namespace }) => namespace))).not.toContain('shop');
  expect(moved(excluded).length).toBeGreaterThan(0);
  for (const { from, node } of moved(selected)) {
    expect(from).toMatch(/^spot-/);
    expect(node).toMatch(/^(spot-|restow-new-)/);
  }
  expect(moved(selected).length).toBeGreaterThan(0);
  expect(removing.summary.nodes.launched).toBe(0);
  expect(removing.summary.nodes.removed).toBeGreaterThan(10);
});

test('an anonymised snapshot shows no name, label value, image or annotation, and plans to the same cost', async () => {
  // The search breaks ties by name: another key, another plan, a little dearer or cheaper.
  const env = { RESTOW_ANONYMISE_KEY: 'one key' };
  await restow(['snapshot', '-f', dump, '--anonymise', '--save', at('hidden.json')], { env });
  const text = readFileSync(at('hidden.json'), 'utf8');
  const hidden = snapshotSchema.parse(JSON.parse(text));
  expect(hidden.metadata.anonymised).toBe(true);
  for (const word of [
    'shop',
    'checkout',
    'orders-db',
    'general',
    'debug-shell',
    'registry.example',
    'nightly',
    'aws:///',
    'dedicated":"data',
  ]) {
    expect(text).not.toContain(word);
  }
  const [open, anonymous] = await Promise.all([
    plan('-f', dump, '-o', 'json'),
    plan('-f', at('hidden.json'), '-o', 'json'),
  ]);
  const [a, b] = [open, anonymous].map(({ stdout }) => JSON.parse(stdout) as Plan) as [Plan, Plan];
  expect(b.metadata.anonymised).toBe(true);
  expect(b.summary.microsPerHour.before).toBe(a.summary.microsPerHour.before);
  expect(b.summary.microsPerHour.bound / a.summary.microsPerHour.bound).toBeCloseTo(1, 2);
  expect(b.summary.microsPerHour.after / a.summary.microsPerHour.after).toBeCloseTo(1, 1);
});

test('what the input does not say is a named gap', async () => {
  const items = [
    { apiVersion: 'v1', kind: 'Node', metadata: { name: 'young' } },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'lost', namespace: 'x' },
      spec: { nodeName: 'gone', containers: [] },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'old', namespace: 'x' },
      spec: { nodeName: 'gone', containers: [] },
      status: { phase: 'Succeeded' },
    },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'x' } },
  ];
  writeFileSync(at('gaps.json'), JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  const { stdout, code } = await restow(['snapshot', '-f', at('gaps.json')]);
  expect(code).toBe(0);
  expect(stdout).toContain('node-without-allocatable: nodes say nothing of what they can hold; not used: young');
  expect(stdout).toContain('pod-on-unknown-node: pods run on nodes that are not in the input; not used: x/lost');
  expect(stdout).toContain('kind-not-used');
  expect(stdout).toContain('no-poddisruptionbudget');
  expect((await restow(['plan', '-f', at('gaps.json')])).code).toBe(0);
});

test('--print-kubectl prints the command for plain and for Karpenter clusters', async () => {
  const { stdout } = await restow(['snapshot', '--print-kubectl']);
  expect(stdout).toMatch(/kubectl get nodes,pods,.* -A -o json/);
  expect(stdout).toMatch(/nodepools\.karpenter\.sh,nodeclaims\.karpenter\.sh/);
});

test('evacuate says for every pod of a node what is to become of it, and changes nothing', async () => {
  const args = ['evacuate', 'general-09', 'data-01', '-f', dump, '--prices', `file:${prices}`, '--dry-run'];
  const shown = await restow([...args, '--within', '2m']);
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toMatch(/general-09 goes in 120 s, data-01 goes in 120 s/);
  expect(shown.stdout).toMatch(/^1 {2}data\/events-5 +volume-handover +data-\d+ +0\.0\.\.5\.0 +7\.000 USD$/m);
  const { plan: made } = JSON.parse((await restow([...args, '-o', 'json'])).stdout) as { plan: Plan };
  expect(planSchema.parse(made)).toEqual(made);
  const items = exampleCluster().items as unknown as {
    readonly kind: string;
    readonly metadata: { readonly ownerReferences?: readonly { readonly kind: string }[] };
    readonly spec: { readonly nodeName?: string };
  }[];
  const owned = items.filter(
    ({ kind, metadata, spec }) =>
      kind === 'Pod' &&
      ['general-09', 'data-01'].includes(spec.nodeName ?? '') &&
      metadata.ownerReferences?.[0]?.kind !== 'DaemonSet',
  );
  expect(made.evacuation!.pods.length).toBe(owned.length);
  expect(made.steps.filter(({ kind }) => kind === 'cordon').map(({ node }) => node)).toEqual(['general-09', 'data-01']);
});
