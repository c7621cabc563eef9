import { nanosToMicros, type Policy, parseRateNanos, type Snapshot, type SnapshotPod } from '@restow/model';
import { isInScope, parseLabelSelector } from '@restow/scheduling';

/** What is at stake with one pod, in micro-units of the currency. */
export interface Stake {
  /** When it is cut off without warning. */
  readonly interruptionMicros: number;
  /** Each second without it while nothing stands in for it. */
  readonly awayMicrosPerSecond: number;
  /** The policy says what an interruption is worth, and not what its kind makes of it. */
  readonly isSaid: boolean;
  /** The policy says what a second is worth, and not what its kind makes of it. */
  readonly isAwaySaid: boolean;
}

const MICROS = 1_000_000;
const AWAY_PART = 0.01;

/** What a kind of owner makes of a pod: so much, and so much more for each GiB of memory, which is state, cache or work. */
const KINDS: Readonly<Record<string, { readonly micros: number; readonly microsPerGib: number }>> = {
  StatefulSet: { micros: 1 * MICROS, microsPerGib: 0.5 * MICROS },
  Job: { micros: 0.5 * MICROS, microsPerGib: 0.1 * MICROS },
  ReplicaSet: { micros: 0.2 * MICROS, microsPerGib: 0.05 * MICROS },
};
/** Nobody makes it again, or it is not known who. */
const OTHERS = { micros: 0.5 * MICROS, microsPerGib: 0.1 * MICROS };

/**
 * What the policy says of a pod, else what its kind, its replicas and its memory make of it: those of a StatefulSet count
 * each for themselves, of interchangeable ones each is worth its part.
 */
export function stakes(snapshot: Snapshot, { evacuation }: Policy): (pod: SnapshotPod) => Stake {
  const values = evacuation.values.map((value) => ({ ...value, selector: parseLabelSelector(value.pods) }));
  const replicas = new Map<string, number>();
  for (const { owner, node } of snapshot.pods) {
    if (owner !== null && node !== null) replicas.set(owner.uid, (replicas.get(owner.uid) ?? 0) + 1);
  }
  const measured = new Map(snapshot.podUsage?.map((one) => [`${one.namespace}/${one.name}`, one.memoryBytes]));
  return (pod) => {
    const said = values.find((entry) => isInScope(pod, entry));
    if (said !== undefined) {
      const interruptionMicros = microsOf(said.interruption);
      const away = said.perSecondAway === null ? interruptionMicros * AWAY_PART : microsOf(said.perSecondAway);
      return {
        interruptionMicros,
        awayMicrosPerSecond: Math.round(away),
        isSaid: true,
        isAwaySaid: said.perSecondAway !== null,
      };
    }
    const kind = pod.owner?.kind ?? '';
    const { micros, microsPerGib } = KINDS[kind] ?? OTHERS;
    const bytes = measured.get(`${pod.namespace}/${pod.name}`) ?? pod.requests.memory ?? 0;
    const alike = kind === 'ReplicaSet' ? (replicas.get(pod.owner!.uid) ?? 1) : 1;
    const interruptionMicros = Math.round((micros + (microsPerGib * bytes) / 2 ** 30) / alike);
    const awayMicrosPerSecond = Math.round(interruptionMicros * AWAY_PART);
    return { interruptionMicros, awayMicrosPerSecond, isSaid: false, isAwaySaid: false };
  };
}

function microsOf(amount: string): number {
  return nanosToMicros(parseRateNanos(amount));
}
