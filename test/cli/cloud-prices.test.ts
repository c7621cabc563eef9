import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan, PriceBook } from '@restow/model';
import { buildNode, buildPod, buildSnapshot, FakeAws, FakeGcp, fakeAwsAccount, fakeGcpProject } from '@restow/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { restow } from './run-restow.ts';

const GIB = 2 ** 30;
const RESERVED = {
  reservedInstancesId: 'ri-1',
  instanceType: 'm5.xlarge',
  instanceCount: 1,
  state: 'active',
  scope: 'Availability Zone',
  availabilityZone: 'us-east-1a',
  productDescription: 'Linux/UNIX',
  instanceTenancy: 'default',
  fixedPrice: 0,
  usagePrice: 0,
  recurringCharges: [{ amount: 0.12, frequency: 'Hourly' }],
  duration: 31_536_000,
  currencyCode: 'USD',
};

let folder: string;
let cluster: string;
let aws: FakeAws;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'restow-prices-'));
  cluster = join(folder, 'cluster.json');
  const place = { region: 'us-east-1', zone: 'us-east-1a', owner: 'eks', group: 'workers' } as const;
  const nodes = [
    buildNode('large', { ...place, instanceType: 'm5.xlarge' }),
    buildNode('small', { ...place, instanceType: 'm5.large', allocatable: { cpu: 2000, memory: 7 * GIB, pods: 20 } }),
  ];
  const pods = ['large', 'small'].map((node) =>
    buildPod(`on-${node}`, node, { owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: node, uid: node } }),
  );
  writeFileSync(cluster, JSON.stringify(buildSnapshot({ nodes, pods })));
  aws = await FakeAws.start(fakeAwsAccount(new Date()));
});
afterAll(async () => {
  await aws.stop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  aws.become({ ...fakeAwsAccount(new Date()), reservedInstances: [] });
  aws.fail(() => undefined);
});

const run = (cache: string, ...args: string[]) =>
  restow([...args, '--prices', 'aws:us-east-1'], { env: { ...aws.env, XDG_CACHE_HOME: join(folder, cache) } });
const planned = async (cache: string, ...args: string[]): Promise<Plan> => {
  const flags = ['-f', cluster, '--effort', 'quick', '--only-remove', '--move-price', '0', '-o', 'json'];
  const { code, stdout, stderr } = await run(cache, 'plan', ...flags, ...args);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Plan;
};
const removed = ({ steps }: Plan) => steps.flatMap(({ kind, node }) => (kind === 'remove' ? [node] : []));

test('a plan at the prices of an account: without a reservation its node is emptied, with one it is filled', async () => {
  const without = await planned('a');
  expect(removed(without)).toEqual(['large']);
  expect(without.summary.terms.cashSaving).toEqual({ low: 192_000, high: 192_000 });
  aws.become({ reservedInstances: [RESERVED] });
  const covered = await planned('a');
  expect(removed(covered)).toEqual(['small']);
  expect(covered.metadata.basis).toBe('cash');
  expect(covered.summary.terms).toEqual({
    list: { before: 288_000, after: 192_000 },
    effective: { before: 96_000 + 120_000, after: 120_000 },
    cashSaving: { low: 96_000, high: 96_000 },
    committed: 120_000,
  });
});

test('prices are shown with source, age, what is paid ahead and what is missing', async () => {
  aws.become({ reservedInstances: [RESERVED] });
  aws.fail((action) =>
    action === 'DescribeSavingsPlans' ? { status: 403, code: 'AccessDeniedException' } : undefined,
  );
  const { code, stdout } = await run('b', 'prices');
  expect(code).toBe(0);
  expect(stdout).toMatch(/aws:us-east-1 +0 min +list +4 +7/);
  expect(stdout).toMatch(/ri-1 +reserved-instance +1 × m5.xlarge +us-east-1a +0.1200 USD\/h/);
  expect(stdout).toMatch(
    /not known \(1\)\n {2}savingsplans:DescribeSavingsPlans is not allowed: what it would show is taken/,
  );
});

test('how likely types are to be had as spot is asked once in hours', async () => {
  aws.become({
    placementScores: [
      { region: 'us-east-1', availabilityZoneId: 'use1-az1', score: 7 },
      { region: 'us-east-1', availabilityZoneId: 'use1-az2', score: 3 },
    ],
  });
  const types = ['m5.large', 'm5.xlarge', 'm5.2xlarge'].flatMap((type) => ['--spot-risk', type]);
  const { code, stdout } = await run('risk', 'prices', ...types);
  expect(code).toBe(0);
  expect(stdout).toMatch(/m5\.large +us-east-1a +7 of 10 +× 1\.00/);
  expect(stdout).toMatch(/m5\.2xlarge +us-east-1b +3 of 10/);
  const asked = aws.calls.length;
  expect((await run('risk', 'prices', ...types)).stdout).toBe(stdout);
  expect(aws.calls.length).toBe(asked);
  const wrong = await restow(['prices', '--spot-risk', 'm5.large']);
  expect(wrong.code).toBe(2);
  expect(wrong.stderr).toMatch(/builtin is none/);
});

test('a cloud that does not answer: its last prices, marked; too old for the policy they are refused', async () => {
  await planned('c');
  aws.fail(() => ({ status: 400, code: 'ValidationError' }));
  const { stdout } = await run('c', 'prices', '-o', 'json');
  const { sources, missing } = JSON.parse(stdout) as PriceBook;
  expect(sources[0]).toMatchObject({ name: 'aws:us-east-1', stale: true });
  expect(missing[0]).toMatch(/aws:us-east-1 does not answer .*these are its prices of/);
  const again = await planned('c');
  expect(again.notes.join('\n')).toMatch(/it does not answer now/);
  const policy = join(folder, 'policy.yaml');
  writeFileSync(policy, 'prices: { mostStaleHours: 0 }\n');
  const refused = await run('c', 'plan', '-f', cluster, '--policy', policy);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/aws:us-east-1 does not answer, and its last prices are 0 hours old/);
  expect(refused.stdout).toBe('');
  // Nothing was ever heard there.
  const never = await run('d', 'plan', '-f', cluster);
  expect(never.code).not.toBe(0);
  expect(never.stderr).toMatch(/AWS does not answer ec2:DescribeInstanceTypes/);
});

test('at the prices of Google Cloud too: what is reserved is filled, and committed use is paid whether it is used or not', async () => {
  const gcp = await FakeGcp.start(fakeGcpProject());
  try {
    const file = join(folder, 'gke.json');
    const place = { region: 'us-central1', zone: 'us-central1-a', owner: 'gke', group: 'pool' } as const;
    const nodes = [
      buildNode('large', { ...place, instanceType: 'n2-standard-4' }),
      buildNode('small', {
        ...place,
        instanceType: 'e2-standard-2',
        allocatable: { cpu: 2000, memory: 6 * GIB, pods: 20 },
      }),
    ];
    const pods = ['large', 'small'].map((node) =>
      buildPod(`on-${node}`, node, { owner: { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: node, uid: node } }),
    );
    writeFileSync(file, JSON.stringify(buildSnapshot({ nodes, pods })));
    const plan = async (): Promise<Plan> => {
      const flags = ['--effort', 'quick', '--only-remove', '--move-price', '0', '-o', 'json'];
      const args = ['plan', '-f', file, '--prices', 'gcp:us-central1', ...flags];
      const env = { ...gcp.env, XDG_CACHE_HOME: join(folder, 'gcp') };
      const { code, stdout, stderr } = await restow(args, { env });
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout) as Plan;
    };
    const without = await plan();
    expect(removed(without)).toEqual(['large']);
    // The list price, and what a machine costs that runs all month.
    expect(without.summary.terms.list).toEqual({ before: 194_236 + 67_011, after: 67_011 });
    expect(without.summary.terms.effective).toEqual({ before: 155_389 + 67_011, after: 67_011 });
    gcp.become({
      commitments: [
        {
          name: 'n2-year',
          status: 'ACTIVE',
          type: 'GENERAL_PURPOSE_N2',
          plan: 'TWELVE_MONTH',
          resources: [
            { type: 'VCPU', amount: '4' },
            { type: 'MEMORY', amount: '16384' },
          ],
        },
      ],
    });
    const covered = await plan();
    expect(removed(covered)).toEqual(['small']);
    expect(covered.summary.terms.cashSaving.low).toBe(67_011);
    expect(covered.summary.terms.committed).toBe(122_364);
  } finally {
    await gcp.stop();
  }
});
