import { buildPriceBook } from '@restow/pricing';
import { leftOut, type Moto, startMoto } from '@restow/testkit';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { AwsClients } from './clients.ts';
import { readMachineTypes, readZones } from './machine-types.ts';

const REGION = 'us-east-1';
const MIB = 2 ** 20;
const COLD_MS = 600_000;
const signal = AbortSignal.timeout(2 ** 31 - 1);
const why = leftOut();

/** Of these the recorded list has other network cards, and with them another number of pods, than the built-in catalogue. */
const DIFFERENT = ['i7ie.48xlarge', 'i7ie.metal-48xl', 'i8ge.48xlarge', 'i8ge.metal-48xl'];

/** moto brings lists that were recorded from EC2: DescribeInstanceTypes and DescribeInstanceTypeOfferings of us-east-1. */
describe.skipIf(why !== null)(why ?? 'EC2 as it was recorded', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
    for (const [name, value] of Object.entries(moto.env)) vi.stubEnv(name, value);
  }, COLD_MS);
  afterAll(async () => {
    vi.unstubAllEnvs();
    await moto?.stop();
  });

  test('every recorded type is understood, and leaves to pods what the built-in catalogue says, but for those named', async () => {
    const readers = { readText: async () => '', readCloud: async () => null };
    const book = await buildPriceBook({ sources: ['builtin'], assumeRegion: null }, readers);
    const builtIn = new Map(
      book.offerings.flatMap((one) => (one.region === REGION ? [[one.instanceType, one.allocatable] as const] : [])),
    );
    const { items, missing } = await readMachineTypes(new AwsClients(REGION), signal);
    const brief = ({ cpu = 0, memory = 0, pods = 0 }: Readonly<Record<string, number>>) =>
      `${cpu}m ${Math.floor(memory / MIB)}Mi ${pods}`;
    const both = items.filter(({ instanceType }) => builtIn.has(instanceType));
    const differ = both.filter(({ instanceType, allocatable }) => {
      return brief(allocatable) !== brief(builtIn.get(instanceType)!);
    });
    expect(both.length).toBeGreaterThan(1300);
    expect(differ.map(({ instanceType }) => instanceType).sort()).toEqual(DIFFERENT);
    // Linux does not run on them.
    expect(missing.filter((one) => !/^mac[\w-]*\.metal: none of its architectures/.test(one))).toEqual([]);
    const zones = await readZones(new AwsClients(REGION), signal);
    expect(zones.get('m5.large')!.size).toBeGreaterThan(2);
  });
});
