import { describe, expect, test } from 'vitest';
import { examineGcp } from './doctor.ts';
import { gcpPrices } from './gcp-prices.ts';

/** A region of a real project, whose credentials are found as the SDK finds them: everything here only reads. */
const region = process.env.RESTOW_REAL_GCP;
const signal = AbortSignal.timeout(2 ** 31 - 1);

describe.skipIf(region === undefined)(`Google Cloud as it is in ${region ?? 'RESTOW_REAL_GCP'}`, () => {
  test('there are offerings at prices, what is paid ahead is understood, and each permission has an answer', async () => {
    const cloud = gcpPrices(region!);
    const { items } = await cloud.offerings(signal);
    expect(items.length).toBeGreaterThan(100);
    expect(items.every(({ nanosPerHour }) => nanosPerHour > 0)).toBe(true);
    const { missing } = await cloud.commitments(signal);
    // What no API tells is always said.
    expect(missing.filter((one) => !/is not allowed|flexible committed use/.test(one))).toEqual([]);
    const found = await examineGcp(region!, signal);
    expect(found.filter(({ answer }) => answer === 'unknown')).toEqual([]);
  });
});
