import { expect, test } from 'vitest';
import { podSpec } from '../kubernetes/pod.ts';
import { projectSchedulingSpec } from './scheduling-spec.ts';

const term = { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'web' } } };
const spec = podSpec.parse({
  containers: [{ name: 'main' }],
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [
        { weight: 20, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
        { weight: 30, preference: { matchExpressions: [{ key: 'disk', operator: 'Resembles', values: ['ssd'] }] } },
      ],
    },
    podAntiAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: term }],
    },
  },
  topologySpreadConstraints: [
    { topologyKey: 'zone', maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: term.labelSelector },
    {
      topologyKey: 'rack',
      maxSkew: 1,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: { matchExpressions: [{ key: 'app', operator: 'Resembles', values: ['web'] }] },
    },
    { topologyKey: 'host', maxSkew: 2, whenUnsatisfiable: 'DoNotSchedule', labelSelector: term.labelSelector },
  ],
});

test('preferences are told from rules, and one that is not understood makes the pod no less understood', () => {
  const unknowns: string[] = [];
  const { preferences, topologySpread, podAntiAffinity } = projectSchedulingSpec(spec, unknowns);
  expect(unknowns).toEqual([]);
  expect(topologySpread.map(({ topologyKey }) => topologyKey)).toEqual(['host']);
  expect(podAntiAffinity).toEqual([]);
  expect(preferences!.topologySpread.map(({ topologyKey }) => topologyKey)).toEqual(['zone']);
  expect(preferences).toMatchObject({
    nodes: [{ weight: 20, term: { matchExpressions: [{ key: 'disk', values: ['ssd'] }] } }],
    podAffinity: [],
    podAntiAffinity: [{ weight: 100, term: { topologyKey: 'zone', selector: { matchLabels: { app: 'web' } } } }],
    topologySpread: [{ topologyKey: 'zone', maxSkew: 1 }],
  });
});

test('where nothing is preferred nothing is said of it', () => {
  expect(projectSchedulingSpec(podSpec.parse({ containers: [{ name: 'main' }] }), [])).not.toHaveProperty(
    'preferences',
  );
});
