import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ManyCommands } from './many-commands.ts';
import { restow } from './run-restow.ts';

const HEADER =
  'instance_type,zone,capacity_type,arch,allocatable_cpu_milli,allocatable_memory_mib,allocatable_pods,gpu_count,usd_per_hour';
const ROW = 'm5.large,,on-demand,amd64,1930,6903,29,0';

const node = (name: unknown, cpu: unknown = '2') => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  status: { allocatable: { cpu, memory: '8Gi', pods: '20' } },
});
const pod = (containers: unknown) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default' },
  spec: { nodeName: 'n', containers },
});
const list = (...items: unknown[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
const GOOD = list(node('n'), pod([]));

let commands: ManyCommands;
let folder: string;
let good: string;
beforeAll(async () => {
  commands = new ManyCommands();
  folder = mkdtempSync(join(tmpdir(), 'restow-bad-'));
  good = join(folder, 'good.json');
  writeFileSync(good, GOOD);
});
afterAll(() => {
  commands.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Everything bad ends with 2, says the file and the place, shows no stack, and writes nothing. */
async function expectRefused(args: readonly string[], said: readonly (string | RegExp)[]) {
  const before = readdirSync(folder).sort();
  const { code, stdout, stderr } = await commands.run([...args, '--save', join(folder, 'out.json')]);
  expect(stderr).not.toMatch(/^\s+at /m);
  for (const part of said) expect(stderr).toMatch(part);
  expect(stdout).toBe('');
  expect(code).toBe(2);
  expect(readdirSync(folder).sort()).toEqual(before);
}

const CLUSTERS: readonly (readonly [what: string, content: string | Uint8Array, said: readonly (string | RegExp)[]])[] =
  [
    ['not JSON', 'NAME STATUS\nn Ready\n', ['is not JSON']],
    ['a truncated gzip', gzipSync(GOOD).subarray(0, 60), [/gzip .* cut short/]],
    ['a List cut short', GOOD.slice(0, -30), ['is not JSON, or is cut short']],
    ['an empty file', '', ['is empty']],
    ['an array', '[]', ['is an array']],
    ['another kind', JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap' }), ['kind: is a ConfigMap']],
    [
      'items that are no list',
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items: {} }),
      ['items: expected a list'],
    ],
    [
      'a quantity such as 1x',
      list(node('n', '1x')),
      [/items\[0\]\.status\.allocatable\.cpu: .*'1x' is not a Kubernetes quantity/],
    ],
    ['a negative quantity', list(node('n', '-1')), [/items\[0\]\.status\.allocatable\.cpu: .*negative/]],
    ['a name that is no string', list(node('n'), node(7)), [/items\[1\]\.metadata\.name: /]],
    ['containers that are no list', list(node('n'), pod({ name: 'c' })), [/items\[1\]\.spec\.containers: /]],
    ['an object without a kind', list({ metadata: { name: 'x' } }), [/items\[0\]\.kind: /]],
    [
      'two objects with one name',
      list(node('n'), node('m'), node('n')),
      [/items\[2\]: Node n is there twice \(first at items\[0\]\)/],
    ],
    [
      'a snapshot with missing parts',
      JSON.stringify({ apiVersion: 'restow.dev/v1alpha1', kind: 'Snapshot', nodes: [] }),
      [/metadata: /],
    ],
    [
      'a snapshot from a newer version',
      JSON.stringify({ apiVersion: 'restow.dev/v9', kind: 'Snapshot' }),
      [/apiVersion: apiVersion is "restow.dev\/v9"/],
    ],
  ];

describe.each(CLUSTERS)('%s', (_what, content, said) => {
  test.each(['plan', 'snapshot'])('is refused by %s', async (command) => {
    const file = join(folder, 'bad.json');
    writeFileSync(file, content);
    await expectRefused([command, '-f', file], [/bad\.json: /, ...said]);
    rmSync(file);
  });
});

const PRICES: readonly (readonly [what: string, content: string, said: RegExp])[] = [
  ['a negative price', `${HEADER}\n${ROW},-1\n`, /line 2: usd_per_hour: '-1' is not a price/],
  ['a missing price', `${HEADER}\n${ROW},\n`, /line 2: usd_per_hour: is missing/],
  ['a doubled price', `${HEADER}\n${ROW},1\n${ROW},2\n`, /line 3: .* twice/],
  ['a short row', `${HEADER}\n${ROW}\n`, /line 2: has 8 fields/],
  ['no header', `${ROW},1\n`, /line 1: the header must be/],
];
test.each(PRICES)('a price file with %s is refused', async (_what, content, said) => {
  const file = join(folder, 'prices.csv');
  writeFileSync(file, content);
  await expectRefused(['plan', '-f', good, '--prices', `file:${file}`], [/prices\.csv: /, said]);
  rmSync(file);
});

const POLICIES: readonly (readonly [what: string, content: string, said: RegExp])[] = [
  ['unknown keys', 'minimumSavingFraction: 0.01\nlaunch:\n  burstible: true\n', /launch: .*burstible/],
  ['a value of the wrong kind', 'horizonHours: soon\n', /horizonHours: /],
  ['broken YAML', 'pods: [\n', /is not YAML/],
  ['a newer version', 'apiVersion: restow.dev/v9\n', /a newer restow/],
];
test.each(POLICIES)('a policy with %s is refused', async (_what, content, said) => {
  const file = join(folder, 'policy.yaml');
  writeFileSync(file, content);
  await expectRefused(['plan', '-f', good, '--policy', file], [/policy\.yaml: /, said]);
  rmSync(file);
});

test.each([
  ['an unreadable file', ['plan', '-f', '/nowhere/dump.json'], /\/nowhere\/dump\.json: cannot be read \(ENOENT\)/],
  [
    'an unreadable price file',
    ['plan', '-f', '/dev/null', '--prices', 'file:/nowhere/p.csv'],
    /\/nowhere\/p\.csv: cannot be read/,
  ],
  [
    'no kubeconfig',
    ['plan', '--kubeconfig', '/nowhere/config'],
    /\/nowhere\/config: is no kubeconfig that can be read/,
  ],
  ['an effort that is none', ['plan', '-f', '-', '--effort', 'huge'], /--effort/],
  [
    'a limit that is no number',
    ['plan', '-f', '-', '--max-moves', 'many'],
    /--max-moves many: expected a whole number/,
  ],
  [
    'several plans in one file',
    ['plan', '-f', '@good', '--frontier'],
    /--save keeps one plan: choose one of --frontier/,
  ],
  ['something that cannot be allowed', ['plan', '-f', '@good', '--allow', 'arm'], /--allow arm: expected one of amd64/],
  [
    'a budget without a namespace',
    ['plan', '-f', '@good', '--without-pdb', 'b'],
    /--without-pdb b: expected NAMESPACE/,
  ],
  [
    'a rule that no pod asks for',
    ['plan', '-f', '@good', '--without-rule', 'taints'],
    /--without-rule taints: expected one of node-affinity/,
  ],
  [
    'a comparison that is to be kept',
    ['plan', '-f', '@good', '--allow', 'spot'],
    /--allow and --without-… only compare/,
  ],
  ['a move price below nothing', ['plan', '-f', '-', '--move-price', '-1'], /--move-price -1/],
  ['a duration that is none', ['plan', '-f', '-', '--time-limit', 'soon'], /--time-limit soon/],
  ['a selector that is none', ['plan', '-f', '@good', '--nodes', 'a=(b'], /is not a label selector/],
  ['an unknown option', ['plan', '--frobnicate'], /unknown option/],
  ['a region without prices', ['plan', '-f', '-', '--assume-region', 'mars'], /--assume-region mars/],
])('%s is refused', async (_what, args, said) => {
  await expectRefused(
    args.map((arg) => (arg === '@good' ? good : arg)),
    [said],
  );
});

test('a budget that is not there cannot be done without', async () => {
  expect(await restow(['plan', '-f', good, '--without-pdb', 'a/b'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--without-pdb a\/b: the cluster has no such PodDisruptionBudget/),
  });
});

test('explain refuses what is no plan, and names that are not in it', async () => {
  expect(await restow(['explain', good, 'n'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/kind: is a List; expected a Plan/),
  });
  const file = join(folder, 'plan.json');
  await restow(['plan', '-f', good, '--save', file]);
  expect(await restow(['explain', file, 'nobody'])).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/no node and no pod nobody/),
  });
});

test.each<readonly [what: string, args: readonly string[], said: RegExp]>([
  ['a node that is not there', ['nobody', '-f', '@good', '--dry-run'], /there is no node nobody/],
  ['a time that is none', ['n', '-f', '@good', '--dry-run', '--within', 'soon'], /--within soon/],
  ['a file without a dry run', ['n', '-f', '@good'], /-f goes with --dry-run/],
  ['no node', ['--dry-run'], /missing required argument/],
  [
    'a policy that values nothing',
    ['n', '-f', '@good', '--dry-run', '--policy', '@policy'],
    /values\[0\]\.interruption/,
  ],
])('evacuate refuses %s', async (_what, args, said) => {
  const policy = join(folder, 'policy.yaml');
  writeFileSync(policy, 'evacuation: { values: [{ interruption: much }] }\n');
  const files: Record<string, string> = { '@good': good, '@policy': policy };
  const { code, stdout, stderr } = await commands.run(['evacuate', ...args.map((arg) => files[arg] ?? arg)]);
  expect(code).toBe(2);
  expect(stderr).toMatch(said);
  expect(stderr).not.toMatch(/\n\s+at /);
  expect(stdout).toBe('');
});
