import { expect, test } from 'vitest';
import { CLOUDS } from './clouds.ts';

test.each([
  ['aws:///us-east-1a/i-0abc', { region: 'us-east-1', machine: 'i-0abc' }],
  ['aws:///us-gov-west-1b/i-0abc', { region: 'us-gov-west-1', machine: 'i-0abc' }],
  ['aws:///us-west-2-lax-1a/i-0abc', { region: 'us-west-2', machine: 'i-0abc' }],
  ['aws:///eu-central-1-wl1-ber-wlz-1/i-0abc', { region: 'eu-central-1', machine: 'i-0abc' }],
  ['aws:///us-east-1a/fargate-ip-10-0-0-1', null],
  ['gce://project/us-central1-a/node-1', null],
])('the machine of %s on AWS', (providerId, machine) => {
  expect(CLOUDS.aws!.machineAt(providerId)).toEqual(machine);
});

test('the machine of a provider ID on Google Cloud', () => {
  const found = CLOUDS.gcp!.machineAt('gce://project/europe-west1-b/gke-pool-1');
  expect(found).toEqual({ region: 'europe-west1', machine: 'europe-west1-b/gke-pool-1' });
  expect(CLOUDS.gcp!.machineAt('aws:///us-east-1a/i-0abc')).toBe(null);
});
