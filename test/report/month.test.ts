import { entriesOfRun } from '@restow/controller';
import { DEFAULT_POLICY } from '@restow/model';
import { allocate, factsOf, Recorder, SqliteStore, savings } from '@restow/report';
import {
  exampleBook,
  exampleCluster,
  type Scenario,
  type SimulationResult,
  scenarioSchema,
  simulate,
  type World,
} from '@restow/simulator';
import { snapshotOf } from '@restow/snapshotter';
import { amendRequest, type LpEngines, loadEngines, makePlan } from '@restow/solver';
import { beforeAll, expect, test, vi } from 'vitest';

// It plans a hundred nodes again and again, with other tests beside it.
vi.setConfig({ testTimeout: 600_000 });

const HOUR_MS = 3_600_000;
const MONTH_HOURS = 24 * 30;
const EVERY_HOURS = process.env.RESTOW_SOAK === '1' ? 24 * 3 : 24 * 10;

let engines: LpEngines;
beforeAll(async () => {
  engines = await loadEngines();
});

const snapshot = snapshotOf([{ name: 'example', document: exampleCluster() }]);
const book = exampleBook();

/** What a witness has written down who sees nodes come and go, and what the simulator knows. */
async function lived(more: object, withPods: boolean) {
  const scenario = scenarioSchema.parse({
    apiVersion: 'restow.dev/v1alpha1',
    kind: 'Scenario',
    hours: MONTH_HOURS,
    restow: { everyHours: EVERY_HOURS },
    ...more,
  }) as Scenario;
  const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
  const request = { policy: DEFAULT_POLICY, effort: 'quick', seed: 1 } as const;
  const planner: Parameters<typeof simulate>[0]['planner'] = (at) => ({
    first: (cluster) => makePlan({ ...request, book: at, snapshot: cluster }, context),
    rest: {
      plan: async (cluster, amendments) =>
        makePlan(amendRequest({ ...request, book: at, snapshot: cluster }, amendments), context),
    },
  });
  const store = SqliteStore.open(':memory:');
  const startsAt = Date.parse(scenario.startsAt);
  const recorder = new Recorder({ store, cluster: 'c', currency: book.currency }, startsAt);
  let look = () => {};
  const onWorld = (world: World) => {
    const priceOf = ({ name }: { readonly name: string }) => {
      const micros = world.state.nodes.get(name)?.microsPerHour ?? null;
      return micros === null ? null : { microsPerHour: micros, listMicrosPerHour: micros };
    };
    look = () => {
      const { nodes, pods } = factsOf(world.snapshot(), priceOf);
      recorder.observe({ nodes, pods: withPods ? pods : [] }, world.now);
    };
    look();
    const telling = withPods ? /^(node|order|pod-(bound|gone|lost))/ : /^node-(joined|removed|lost)/;
    world.watch(({ kind }) => {
      if (telling.test(kind)) look();
    });
  };
  const onRun = (records: Parameters<typeof entriesOfRun>[0]) => recorder.note(entriesOfRun(records));
  const input = { scenario, snapshot, book, traces: [], onHour: () => {} };
  const kept = await simulate({ ...input, planner, witness: { onWorld, onRun } });
  recorder.close(startsAt + scenario.hours * HOUR_MS);
  const bodies = [...store.entries()].map(({ body }) => body);
  const period = { from: startsAt, to: startsAt + scenario.hours * HOUR_MS };
  const without: SimulationResult = await simulate({ ...input, planner: null });
  return { bodies, period, kept, truth: without.paidMicros - kept.paidMicros };
}

test('a month without an autoscaler: what runs are said to have saved is what was paid less, within one percent', async () => {
  const { bodies, period, kept, truth } = await lived({ autoscaler: null }, false);
  const { realisedMicros, runs } = savings(bodies, period);
  expect(runs.length).toBeGreaterThan(0);
  expect(truth).toBeGreaterThan(1_000_000_000);
  expect(Math.abs(realisedMicros.low - truth)).toBeLessThan(truth / 100);
  expect(realisedMicros.high).toBe(realisedMicros.low);
  const { microsTotal } = allocate(bodies, period);
  expect(Math.abs(microsTotal - kept.paidMicros)).toBeLessThan(kept.paidMicros / 100);
});

const DAY = [0.4, 0.4, 0.4, 0.4, 0.4, 0.5, 0.7, 0.9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.4];

test('a month with one that buys back: the range holds the truth', async () => {
  const autoscaler = { afterMs: 30_000, removeEmptyAfterMs: null };
  const { bodies, period, truth } = await lived({ autoscaler, load: [{ ofReplicas: DAY }] }, false);
  const { realisedMicros } = savings(bodies, period);
  expect(realisedMicros.low).toBeLessThanOrEqual(truth * 1.01);
  expect(realisedMicros.high).toBeGreaterThanOrEqual(truth * 0.99);
  expect(realisedMicros.low).toBeLessThan(realisedMicros.high);
});
