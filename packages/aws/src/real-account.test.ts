import { describe, expect, test } from 'vitest';
import { awsPrices } from './aws-prices.ts';
import { examineAws } from './doctor.ts';

/** A region of a real account, whose credentials are found as the SDK finds them: everything here only reads. */
const region = process.env.RESTOW_REAL_AWS;
const signal = AbortSignal.timeout(2 ** 31 - 1);

describe.skipIf(region === undefined)(`AWS as it is in ${region ?? 'RESTOW_REAL_AWS'}`, () => {
  test('there are offerings at prices, what is paid ahead is understood, and each permission has an answer', async () => {
    const cloud = awsPrices({ region: region!, now: Date.now });
    const { items } = await cloud.offerings(signal);
    expect(items.length).toBeGreaterThan(100);
    expect(items.every(({ nanosPerHour }) => nanosPerHour > 0)).toBe(true);
    const { missing } = await cloud.commitments(signal);
    expect(missing.filter((one) => !one.includes('is not allowed'))).toEqual([]);
    const found = await examineAws(region!, signal);
    expect(found.filter(({ answer }) => answer === 'unknown')).toEqual([]);
  });
});
