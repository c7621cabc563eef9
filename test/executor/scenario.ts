import { type Policy, type PriceBook, type Snapshot, seededRandom } from '@restow/model';
import { FAULT_NAMES, type Fault, faultSchema, type WorldBehaviour } from '@restow/simulator';
import { generateCluster } from '@restow/testkit';

/** A generated cluster, what goes wrong in it, and how the run is bound. */
export interface RunScenario {
  readonly seed: number;
  readonly snapshot: Snapshot;
  readonly book: PriceBook;
  readonly policy: Policy;
  readonly faults: readonly Fault[];
  readonly behaviour: Partial<WorldBehaviour>;
}

/** Failures after which pods are where no run has put them. */
export const DISTURBING: ReadonlySet<string> = new Set([
  'node-lost',
  'spot-interruption',
  'room-taken',
  'pod-replaced',
  'owner-scaled',
  'node-relabelled',
  'cluster-unwell',
  'pod-stuck-terminating',
  'pod-never-ready',
]);

export function generateScenario(seed: number): RunScenario {
  const random = seededRandom(seed * 7919 + 13);
  const below = (n: number) => Math.floor(random() * n);
  const cluster = generateCluster(seed);
  const faults: Fault[] = [];
  for (let count = below(4); count > 0; count--) {
    faults.push(
      faultSchema.parse({
        name: FAULT_NAMES[below(FAULT_NAMES.length)],
        probability: [0.2, 0.5, 1][below(3)],
        times: 1 + below(3),
        afterMs: below(120_000),
        durationMs: 30_000 + below(120_000),
      }),
    );
  }
  return {
    seed,
    snapshot: cluster.snapshot,
    book: cluster.book,
    faults,
    behaviour: {
      steers: random() < 0.5,
      schedulerNoise: random() < 0.3 ? 0.3 : 0,
      autoscaler: random() < 0.5 ? { afterMs: 10_000, removeEmptyAfterMs: random() < 0.3 ? 300_000 : null } : null,
      spot: random() < 0.1 ? { meanMs: 600_000, noticeMs: 120_000 } : null,
    },
    policy: {
      ...cluster.policy,
      run: {
        ...cluster.policy.run,
        budgets: {
          nodesAtOnce: 1 + below(3),
          podsAtOnce: random() < 0.4 ? 1 : 1 + below(6),
          podsAtOncePerOwner: 1 + below(2),
          podsPerMinute: random() < 0.3 ? 2 + below(10) : null,
        },
        // Clusters of a dozen pods: one that is not ready is a great part.
        brake: { unreadyPodsFraction: 0.3, waitMs: 120_000 },
      },
    },
  };
}
