import { expect, test } from 'vitest';
import { podSpec } from '../kubernetes/pod.ts';
import { effectiveRequests } from './requests.ts';

const container = (cpu: string, more: object = {}) => ({ resources: { requests: { cpu } }, ...more });
const requestsOf = (spec: object) => effectiveRequests(podSpec.parse(spec)).cpu;

test('containers add up, and overhead comes on top', () => {
  expect(requestsOf({ containers: [container('100m'), container('0.2')], overhead: { cpu: '50m' } })).toBe(350);
});

test('an init container counts when it is larger than all that run after it', () => {
  expect(requestsOf({ containers: [container('100m')], initContainers: [container('300m'), container('250m')] })).toBe(
    300,
  );
  expect(requestsOf({ containers: [container('400m')], initContainers: [container('300m')] })).toBe(400);
});

test('a sidecar runs beside the containers and beside the init containers after it', () => {
  const sidecar = container('100m', { restartPolicy: 'Always' });
  expect(requestsOf({ containers: [container('200m')], initContainers: [sidecar] })).toBe(300);
  expect(requestsOf({ containers: [container('200m')], initContainers: [sidecar, container('500m')] })).toBe(600);
  expect(requestsOf({ containers: [container('200m')], initContainers: [container('500m'), sidecar] })).toBe(500);
});

test('requests of the whole pod stand in for the sum', () => {
  expect(requestsOf({ containers: [container('200m')], resources: { requests: { cpu: '1' } } })).toBe(1000);
});

test('a pod that asks for nothing requests nothing', () => {
  expect(effectiveRequests(podSpec.parse({ containers: [{ name: 'c' }] }))).toEqual({});
});
