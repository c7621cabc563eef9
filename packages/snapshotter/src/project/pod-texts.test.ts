import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Interner } from './interner.ts';
import { KINDS } from './kinds.ts';
import { type PodText, PodTexts } from './pod-texts.ts';

function listOf(items: readonly unknown[]): string {
  return `${JSON.stringify({ kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '7' }, items })}\n`;
}

function slowly(body: unknown): unknown {
  return KINDS.Pod.project({ kind: 'Pod', group: '', body, file: 'f', path: 'p' });
}

function projected(one: PodText): unknown {
  return 'pod' in one ? one.pod : slowly(one.body);
}

/** Strings that look like what stands between and within pods. */
const nasty = fc.constantFrom(
  '},{"metadata":{',
  ',"spec":{',
  ',"status":{',
  '"nodeName":"other"',
  ']}',
  ']},"spec":{',
  ',"managedFields":[',
  '\\"',
  'kube-api-access-abcde',
  '',
  'ü',
);
const text = fc.oneof(nasty, fc.string({ maxLength: 12 }));
const map = fc.dictionary(fc.oneof(nasty, fc.constantFrom('app', 'team')), text, { maxKeys: 3 });
const volume = fc.oneof(
  fc.record({ name: text, emptyDir: fc.constantFrom({}, { medium: 'Memory' }) }),
  fc.record({ name: text, persistentVolumeClaim: fc.record({ claimName: text }) }),
  fc.record({ name: text, ephemeral: fc.constant({ volumeClaimTemplate: { metadata: {}, spec: {} } }) }),
  fc.constantFrom('kube-api-access-abcde', 'kube-api-access-xyz12').map((name) => ({ name, projected: {} })),
);
/** Fields that restow does not know, with names that mean something elsewhere. */
const unknown = fc.oneof(
  { weight: 9, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { overhead: {} },
      { inner: { spec: { nodeName: 'inner' }, status: {} } },
      { list: [{ a: 1 }, { metadata: { name: 'x' }, spec: {}, status: {} }] },
    ),
  },
);
const spec = fc
  .record({
    nodeName: fc.option(fc.constantFrom('node-1', 'a-node-with-a-rather-long-name', ''), { nil: undefined }),
    containers: fc.array(
      fc.record({
        name: text,
        env: fc.array(fc.record({ name: text, value: text }), { maxLength: 2 }),
        resources: fc.constantFrom({}, { requests: { cpu: '100m' } }, { requests: { cpu: 'much' } }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    volumes: fc.option(fc.array(volume, { maxLength: 2 }), { nil: undefined }),
    priority: fc.constantFrom(undefined, 5),
    more: unknown,
  })
  .map(({ more, ...rest }) => ({ ...more, ...rest }));
const status = fc.record({
  phase: fc.constantFrom('Running', 'Succeeded'),
  conditions: fc.constantFrom([], [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }]),
  more: unknown,
});
const fields = fc.dictionary(
  text.map((name) => `f:${name}`),
  fc.constantFrom({}, { 'f:x': {} }),
  { maxKeys: 2 },
);
const managedFields = fc.array(fc.record({ manager: text, fieldsV1: fields }), { minLength: 1, maxLength: 2 });
const pod = fc
  .record({
    metadata: fc
      .record({
        name: text,
        uid: text,
        labels: map,
        annotations: map,
        more: unknown,
        managed: fc.option(managedFields),
      })
      .map(({ managed, ...rest }) => (managed === null ? rest : { ...rest, managedFields: managed })),
    spec,
    status: fc.option(status, { freq: 9, nil: undefined }),
    more: unknown,
  })
  .map(({ more, ...rest }) => ({ ...rest, ...more }));

test('a list read by its text says what parsing all of it says, whatever is in it', () => {
  const texts = new PodTexts(new Interner());
  let fast = 0;
  fc.assert(
    fc.property(fc.array(pod, { minLength: 1, maxLength: 6 }), (items) => {
      const list = listOf(items);
      const bodies = (JSON.parse(list) as { items: unknown[] }).items;
      const read = texts.split(list) ?? bodies.map((body) => ({ body }));
      expect(read.length).toBe(bodies.length);
      read.forEach((one, index) => {
        if ('pod' in one) fast++;
        expect(outcome(() => projected(one))).toEqual(outcome(() => slowly(bodies[index])));
      });
    }),
    { numRuns: 3000 },
  );
  expect(fast).toBeGreaterThan(500);
});

function outcome(work: () => unknown): unknown {
  try {
    return { value: work() };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

const plain = (name: string, nodeName: string | undefined, more: object = {}) => ({
  metadata: { name, namespace: 'default', uid: `uid-${name}`, labels: { app: 'a' } },
  spec: { nodeName, containers: [{ name: 'main', resources: { requests: { cpu: '1' } } }], ...more },
  status: { phase: 'Running' },
});

test('pods of one owner share what their equal specs become, each with its own node', () => {
  const token = (suffix: string) => ({ volumes: [{ name: `kube-api-access-${suffix}`, projected: {} }] });
  const read = new PodTexts(new Interner()).split(
    listOf([plain('a', 'node-1', token('aaaaa')), plain('b', 'node-2', token('bbbbb')), plain('c', undefined)]),
  )!;
  const [a, b, c] = read.map((one) => ('pod' in one ? one.pod!.pod : null));
  expect([a!.node, b!.node, c!.node]).toEqual(['node-1', 'node-2', null]);
  expect(b!.spec).toBe(a!.spec);
  expect(b!.requests).toBe(a!.requests);
});

test.each([
  ['no list', '{"kind":"Status"}'],
  ['a list of something else', '{"kind":"NodeList","apiVersion":"v1","metadata":{},"items":[]}'],
  ['a list that is cut off', listOf([plain('a', 'n')]).slice(0, -20)],
  ['a list with more behind it', `${listOf([plain('a', 'n')])}{}`],
])('%s is left to who parses it', (_name, list) => {
  expect(new PodTexts(new Interner()).split(list)).toBeNull();
});

test('a list without pods is one', () => {
  expect(new PodTexts(new Interner()).split(listOf([]))).toEqual([]);
});
