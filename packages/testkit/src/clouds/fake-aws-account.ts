import type { FakeAwsAccount } from './fake-aws.ts';

const REGION = 'us-east-1';

/** A machine type as DescribeInstanceTypes has it; hand-written after its documentation. */
export function fakeInstanceType(instanceType: string, vcpus: number, memoryMib: number, more: object = {}): object {
  return {
    instanceType,
    currentGeneration: true,
    bareMetal: false,
    burstablePerformanceSupported: false,
    supportedUsageClasses: ['on-demand', 'spot'],
    processorInfo: { supportedArchitectures: ['x86_64'] },
    vCpuInfo: { defaultVCpus: vcpus },
    memoryInfo: { sizeInMiB: memoryMib },
    networkInfo: { maximumNetworkInterfaces: 3, ipv4AddressesPerInterface: 10 },
    ...more,
  };
}

/** A product as GetProducts has it; hand-written after its documentation. */
export function fakeProduct(instanceType: string, price: string, attributes: object = {}): object {
  const code = `SKU-${instanceType}`;
  return {
    product: {
      productFamily: 'Compute Instance',
      sku: code,
      attributes: {
        instanceType,
        operatingSystem: 'Linux',
        tenancy: 'Shared',
        preInstalledSw: 'NA',
        capacitystatus: 'Used',
        regionCode: REGION,
        marketoption: 'OnDemand',
        ...attributes,
      },
    },
    terms: {
      OnDemand: {
        [`${code}.TERM`]: {
          priceDimensions: {
            [`${code}.TERM.RATE`]: { unit: 'Hrs', beginRange: '0', endRange: 'Inf', pricePerUnit: { USD: price } },
          },
        },
      },
    },
  };
}

/** An account with a few machine types in two zones of us-east-1, and nothing paid ahead. */
export function fakeAwsAccount(at: Date): FakeAwsAccount {
  const types: [string, number, number, string, string][] = [
    ['m5.large', 2, 8192, '0.0960000000', '0.0350000000'],
    ['m5.xlarge', 4, 16_384, '0.1920000000', '0.0700000000'],
    ['m5.2xlarge', 8, 32_768, '0.3840000000', '0.1400000000'],
    ['c5.large', 2, 4096, '0.0850000000', '0.0300000000'],
  ];
  const zones = ['us-east-1a', 'us-east-1b'];
  return {
    instanceTypes: types.map(([type, vcpus, memory]) => fakeInstanceType(type, vcpus, memory)),
    offerings: types.flatMap(([instanceType]) =>
      // One of them is not to be had everywhere.
      zones
        .filter((zone) => instanceType !== 'c5.large' || zone === 'us-east-1a')
        .map((location) => ({ instanceType, locationType: 'availability-zone', location })),
    ),
    spotPrices: types.flatMap(([instanceType, , , , spotPrice]) =>
      zones.map((availabilityZone) => ({
        instanceType,
        availabilityZone,
        productDescription: 'Linux/UNIX',
        spotPrice,
        timestamp: at.toISOString(),
      })),
    ),
    products: types.map(([type, , , price]) => fakeProduct(type, price)),
    zones: zones.map((zoneName, index) => ({ zoneName, zoneId: `use1-az${index + 1}` })),
  };
}
