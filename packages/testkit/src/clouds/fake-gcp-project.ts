import type { FakeGcpProject } from './fake-gcp.ts';

const REGION = 'us-central1';
const NANOS = 1_000_000_000;

/** A machine type as Compute Engine lists it; hand-written after its documentation. */
export function fakeMachineType(name: string, guestCpus: number, memoryMb: number, more: object = {}): object {
  return { name, guestCpus, memoryMb, isSharedCpu: false, architecture: 'X86_64', zone: '', ...more };
}

/** A SKU as the catalogue lists it; hand-written after its documentation. */
export function fakeSku(
  description: string,
  usageType: string,
  usageUnit: string,
  price: number,
  more: object = {},
): object {
  const nanos = Math.round(price * NANOS);
  return {
    name: `services/6F81-5844-456A/skus/${description}`,
    skuId: description,
    description,
    category: { serviceDisplayName: 'Compute Engine', resourceFamily: 'Compute', resourceGroup: 'CPU', usageType },
    serviceRegions: [REGION],
    pricingInfo: [
      {
        pricingExpression: {
          usageUnit,
          displayQuantity: 1,
          tieredRates: [
            {
              startUsageAmount: 0,
              unitPrice: { currencyCode: 'USD', units: String(Math.floor(nanos / NANOS)), nanos: nanos % NANOS },
            },
          ],
        },
      },
    ],
    serviceProviderName: 'Google',
    ...more,
  };
}

/**
 * List prices of a core and a GiB in us-central1, hand-written after Google's price lists; those of C2D and C3 and all of
 * spot usage were worked out from the built-in catalogue, so that it agrees with them says nothing.
 */
const RATES: readonly (readonly [description: string, core: number, ram: number, spotCore: number, spotRam: number])[] =
  [
    ['E2 Instance', 0.02181159, 0.00292353, 0.00654348, 0.00087706],
    ['N1 Predefined Instance', 0.031611, 0.004237, 0.00664, 0.00089],
    ['N2 Instance', 0.031611, 0.004237, 0.00765, 0.001025],
    ['N2D AMD Instance', 0.027502, 0.003686, 0.002773, 0.000372],
    ['C2D AMD Instance', 0.029563, 0.003959, 0.0071625, 0.00095625],
    ['C3 Instance', 0.03398, 0.00456, 0.003086, 0.000413],
  ];

export function fakeSkus(): object[] {
  return RATES.flatMap(([name, core, ram, spotCore, spotRam]) => [
    fakeSku(`${name} Core running in Americas`, 'OnDemand', 'h', core),
    fakeSku(`${name} Ram running in Americas`, 'OnDemand', 'GiBy.h', ram),
    fakeSku(`Spot Preemptible ${name} Core running in Americas`, 'Preemptible', 'h', spotCore),
    fakeSku(`Spot Preemptible ${name} Ram running in Americas`, 'Preemptible', 'GiBy.h', spotRam),
  ]);
}

/** A project with a few machine types in two zones of us-central1, and nothing paid ahead. */
export function fakeGcpProject(): FakeGcpProject {
  const everywhere = [
    fakeMachineType('e2-standard-2', 2, 8192),
    fakeMachineType('e2-standard-8', 8, 32_768),
    fakeMachineType('e2-small', 2, 2048, { isSharedCpu: true }),
    fakeMachineType('n2-standard-4', 4, 16_384),
  ];
  return {
    machineTypes: {
      'us-central1-a': [...everywhere, fakeMachineType('c2d-standard-2', 2, 8192)],
      'us-central1-b': everywhere,
    },
    skus: [
      ...fakeSkus(),
      fakeSku('Commitment v1: N2 Cpu in Americas for 1 Year', 'Commit1Yr', 'h', 0.019915),
      fakeSku('Commitment v1: N2 Ram in Americas for 1 Year', 'Commit1Yr', 'GiBy.h', 0.002669),
      fakeSku('Licensing Fee for something', 'OnDemand', 'h', 0.1),
      fakeSku('E2 Instance Core running in Paris', 'OnDemand', 'h', 0.0253, { serviceRegions: ['europe-west9'] }),
    ],
  };
}
