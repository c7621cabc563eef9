import { fakeMachineType, fakeSku, type Json, mutated } from '@restow/testkit';
import { expect, test } from 'vitest';
import { decodeCommitment, decodeReservation } from './commitments.ts';
import { decodeMachineType, type MachineType } from './machine-types.ts';
import { oneRateEach, priceOf } from './rates.ts';
import { decodeSku } from './sku.ts';

const MUTATIONS = 10_000;
const REGION = 'us-central1';

const TYPE = fakeMachineType('n2-standard-4', 4, 16_384) as Json;
const N2 = decodeMachineType(TYPE) as MachineType;
const CORE = { of: 'n2/core', capacityType: 'on-demand', nanosPerHour: 31_611_000 } as const;
const RAM = { of: 'n2/ram', capacityType: 'on-demand', nanosPerHour: 4_237_000 } as const;
const RATES = oneRateEach([CORE, RAM], []);

const COMMITMENT: Json = {
  name: 'n2-year',
  status: 'ACTIVE',
  type: 'GENERAL_PURPOSE_N2',
  plan: 'TWELVE_MONTH',
  endTimestamp: '2027-03-01T00:00:00.000-08:00',
  resources: [
    { type: 'VCPU', amount: '8' },
    { type: 'MEMORY', amount: '32768' },
  ],
};
const RESERVATION: Json = {
  name: 'held',
  zone: 'https://x/zones/us-central1-a',
  status: 'READY',
  specificReservationRequired: false,
  specificReservation: { count: '3', instanceProperties: { machineType: 'n2-standard-4' } },
};

/** Each: an answer, and what is made of one; a number is a price, a string a reason, null nothing that counts. */
const DECODERS: readonly (readonly [string, Json, (item: Json) => number | string | null])[] = [
  [
    'a SKU',
    fakeSku('N2 Instance Core running in Americas', 'OnDemand', 'h', 0.031611) as Json,
    (item) => {
      const rate = decodeSku(item, REGION, 'USD');
      return rate === null || typeof rate === 'string' ? rate : rate.nanosPerHour;
    },
  ],
  [
    'a machine type',
    TYPE,
    (item) => {
      const type = decodeMachineType(item);
      return typeof type === 'string' ? type : priceOf(type, 'on-demand', RATES);
    },
  ],
  [
    'a commitment',
    COMMITMENT,
    (item) => {
      const found = decodeCommitment(item, REGION, { types: [N2], rates: RATES });
      if (found === null || typeof found === 'string') return found;
      return found.amount.unit === 'spend' ? found.amount.nanosPerHour : null;
    },
  ],
  [
    'a reservation',
    RESERVATION,
    (item) => {
      const found = decodeReservation(item, REGION, { types: [N2], rates: RATES });
      return found === null || typeof found === 'string' ? found : (found.nanosPerHour ?? 'of an unknown price');
    },
  ],
];

test.each(DECODERS)('%s that is mutated is the price that it was, nothing, or a reason', (name, item, decode) => {
  const price = decode(item);
  expect(price).toBeTypeOf('number');
  const outcomes = { price: 0, other: 0 };
  for (let index = 0; index < MUTATIONS / DECODERS.length; index++) {
    const mutation = mutated(item);
    const found = decode(mutation);
    if (typeof found === 'string') expect(found.length).toBeGreaterThan(10);
    if (typeof found === 'number') expect(found, `${name}: ${JSON.stringify(mutation)}`).toBe(price);
    outcomes[typeof found === 'number' ? 'price' : 'other']++;
  }
  // Some of each, or the mutations would not be any.
  expect(outcomes.price).toBeGreaterThan(50);
  expect(outcomes.other).toBeGreaterThan(50);
});
