import { readdirSync, readFileSync } from 'node:fs';
import { FakeAws, fakeAwsAccount } from '@restow/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { examineAws } from './doctor.ts';
import { GROUP_PERMISSIONS } from './groups/group-permissions.ts';
import { PRICE_PERMISSIONS } from './permissions.ts';

const PERMISSIONS = [...PRICE_PERMISSIONS, ...GROUP_PERMISSIONS];
const SERVICES: Readonly<Record<string, string>> = {
  'client-auto-scaling': 'autoscaling',
  'client-ec2': 'ec2',
  'client-pricing': 'pricing',
  'client-savingsplans': 'savingsplans',
  'client-sqs': 'sqs',
};

/** Every call of the SDK that the sources make, by the module that it is loaded from. */
function callsIn(sources: string): string[] {
  const loaded = /const \{([^}]+)\} = await import\('@aws-sdk\/([a-z0-9-]+)'\)/g;
  return [...sources.matchAll(loaded)].flatMap(([, names = '', module = '']) =>
    names.split(',').flatMap((name) => {
      const [, paginated, commanded] = /^\s*(?:paginate(\w+)|(\w+)Command)\s*$/.exec(name) ?? [];
      const call = paginated ?? commanded;
      return call === undefined ? [] : [`${SERVICES[module]}:${call}`];
    }),
  );
}

let aws: FakeAws;
beforeAll(async () => {
  aws = await FakeAws.start(fakeAwsAccount(new Date()));
  for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await aws.stop();
});

test('the policies allow just the calls that are made, and each says what it costs not to have it', () => {
  const folder = new URL('.', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts') && !/\.test\.ts$|permissions\.ts$/.test(name),
  );
  const calls = callsIn(files.map((name) => readFileSync(new URL(name, folder), 'utf8')).join('\n'));
  const [prices = [], nodes = [], notices = []] = ['prices', 'nodes', 'notices'].map((name): string[] => {
    const text = readFileSync(new URL(`../../../deploy/aws/${name}.policy.json`, folder), 'utf8');
    return JSON.parse(text).Statement[0].Action;
  });
  expect([...new Set(calls)].sort()).toEqual([...prices, ...nodes, ...notices].sort());
  expect(PRICE_PERMISSIONS.map(({ action }) => action).sort()).toEqual(prices);
  expect(GROUP_PERMISSIONS.map(({ action }) => action).sort()).toEqual(nodes);
  expect(PERMISSIONS.every(({ without }) => without.length > 10)).toBe(true);
});

test('doctor asks for each, and says what is denied', async () => {
  aws.fail((action) => {
    if (action === 'DescribeReservedInstances') return { status: 403, code: 'UnauthorizedOperation' };
    if (action === 'GetProducts') return { status: 400, code: 'AccessDeniedException' };
    if (action === 'GetSpotPlacementScores') return { status: 400, code: 'Strange' };
    if (action === 'SetDesiredCapacity') return { status: 403, code: 'AccessDenied' };
    // There is no such group.
    if (/^(Create|Delete|Resume|Suspend|Terminate)/.test(action)) return { status: 400, code: 'ValidationError' };
    return action.startsWith('Describe') && !action.startsWith('DescribeSavings')
      ? { status: 412, code: 'DryRunOperation' }
      : undefined;
  });
  const found = await examineAws('us-east-1', AbortSignal.timeout(60_000));
  const by = (answer: string) => found.filter((one) => one.answer === answer).map(({ action }) => action);
  expect(by('denied')).toEqual([
    'ec2:DescribeReservedInstances',
    'pricing:GetProducts',
    'autoscaling:SetDesiredCapacity',
  ]);
  expect(by('unknown')).toEqual(['ec2:GetSpotPlacementScores']);
  expect(by('allowed')).toHaveLength(PERMISSIONS.length - 4);
  expect(found.find(({ action }) => action === 'pricing:GetProducts')!.note).toMatch(/no on-demand prices/);
});
