import { entriesOfRun } from '@restow/controller';
import { type JournalRecord, stateOf } from '@restow/executor';
import type { Policy, Snapshot, SnapshotPod } from '@restow/model';
import { controllersOf } from '@restow/report';
import { listRunIds } from './run-folder.ts';
import { recordsOf } from './run-records.ts';

const WINDOW_MS = 30 * 24 * 3_600_000;
const MOST_RUNS = 200;
/** What controllers add to a pod's labels, other for each of its pods or versions. */
const ADDED =
  /^(pod-template-hash|controller-revision-hash|pod-template-generation|statefulset\.kubernetes\.io\/pod-name|apps\.kubernetes\.io\/pod-index)$/;

interface LeftSpot {
  /** When the run began (ms since the epoch). */
  readonly at: number;
  /** `namespace/kind/name` of what it has moved off spot nodes. */
  readonly keys: readonly string[];
}

/**
 * Remembers whose pods have had to leave spot nodes: what runs on an on-demand node only because of that may go back, and
 * nothing else may that a person has not said.
 */
export class BackToSpot {
  /** By run; what is over does not change. */
  readonly #known = new Map<string, LeftSpot>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The policy by which such pods may be on spot too. */
  async allow(policy: Policy, { pods, owners, nodes, metadata }: Snapshot): Promise<Policy> {
    const left = await this.#leftSpot(metadata.cluster);
    if (left.size === 0) return policy;
    const types = new Map(nodes.map(({ name, capacityType }) => [name, capacityType]));
    const controllerOf = controllersOf({ owners });
    const came = pods.filter((pod) => {
      if (pod.node === null || pod.owner === null || types.get(pod.node) === 'spot') return false;
      const { namespace, owner } = pod;
      const above = controllerOf(pod)!;
      return left.has(keyOf(namespace, owner)) || left.has(keyOf(namespace, above));
    });
    const alsoOn = new Map(
      came.flatMap(({ namespace, labels }) => {
        const selector = selectorOf(labels);
        if (selector === null) return [];
        const allowed: Policy['pods']['alsoOn'][number] = {
          pods: selector,
          namespaces: [namespace],
          capacityTypes: ['spot'],
        };
        return [[`${namespace} ${selector}`, allowed]];
      }),
    );
    if (alsoOn.size === 0) return policy;
    return { ...policy, pods: { ...policy.pods, alsoOn: [...policy.pods.alsoOn, ...alsoOn.values()] } };
  }

  async #leftSpot(cluster: string | null): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    const since = this.#now() - WINDOW_MS;
    for (const runId of listRunIds().toReversed().slice(0, MOST_RUNS)) {
      const left = this.#known.get(runId) ?? leftSpotIn(await recordsOf(runId), cluster);
      if (left === null) continue;
      this.#known.set(runId, left);
      if (left.at >= since) for (const key of left.keys) found.add(key);
    }
    return found;
  }
}

/** null: the run is not over yet, or cannot be read. */
function leftSpotIn(records: readonly JournalRecord[], cluster: string | null): LeftSpot | null {
  const [first] = records;
  if (first?.type !== 'started') return null;
  const { at } = first;
  const { evacuation } = first.plan;
  if (evacuation === undefined || first.cluster !== cluster) return { at, keys: [] };
  if (stateOf(records).account === null) return null;
  const spot = new Set(evacuation.nodes.filter(({ capacityType }) => capacityType === 'spot').map(({ name }) => name));
  const keys = entriesOfRun(records).flatMap((body) => {
    if (body.kind !== 'move' || body.problem !== null || !spot.has(body.from)) return [];
    const [kind, name] = body.controller.split('/') as [string, string];
    // A rollout later its Deployment has another ReplicaSet.
    const above = kind === 'ReplicaSet' ? [{ kind: 'Deployment', name: name.replace(/-[^-]+$/, '') }] : [];
    return [{ kind, name }, ...above].map((owner) => keyOf(body.namespace, owner));
  });
  return { at, keys };
}

function keyOf(namespace: string, { kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${namespace}/${kind}/${name}`;
}

/** null: nothing on it says which pod it is. */
function selectorOf(labels: SnapshotPod['labels']): string | null {
  const own = Object.entries(labels).filter(([key]) => !ADDED.test(key));
  return own.length === 0
    ? null
    : own
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(',');
}
