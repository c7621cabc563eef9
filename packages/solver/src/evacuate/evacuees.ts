import type { Method, MovingRates, Policy, Snapshot, SnapshotPod } from '@restow/model';
import { isPassing, matchesSelector, stayReasons, worldOf } from '@restow/scheduling';
import { predictMovement } from '../moving/movement.ts';
import { stakes } from '../moving/stake.ts';
import type { Evacuee, Way } from './evacuee.ts';

/** What is lost of an interruption when a pod is asked to stop and starts anew: its memory, but nothing half done. */
const RESTARTED = 0.5;
/** When the new one is ready before that. */
const SURGED = 0.25;
/** A Job's pod begins its work anew, however it ends. */
const WORK_LOST = 1;
/** How long a Job's pod is taken to have before it, where nobody knows. */
const JOB_MEAN_MS = 600_000;

/** Where a pod goes, and from when on. */
export interface Place {
  readonly to: string;
  readonly readyMs: number;
}

/** What an evacuee needs to know besides its pod. */
export interface EvacueeFacts {
  readonly snapshot: Snapshot;
  /** Of the evacuation. */
  readonly policy: Policy;
  readonly rates: MovingRates;
  readonly withinMs: (node: string) => number;
  readonly placeOf: (pod: SnapshotPod) => Place | null;
}

/** For these pods every way that each can leave by, what it costs, and what staying does. */
export function evacueesOf(pods: readonly SnapshotPod[], facts: EvacueeFacts): Evacuee[] {
  const { snapshot, policy, rates, withinMs, placeOf } = facts;
  const { marginMs } = policy.evacuation;
  const must = stayReasons(snapshot, policy, worldOf(snapshot));
  const movement = predictMovement(snapshot, policy);
  const eviction = predictMovement(snapshot, { ...policy, pods: { ...policy.pods, surge: false, live: false } });
  const stake = stakes(snapshot, policy);
  const { podsAtOncePerOwner } = policy.run.budgets;
  return pods.map((pod): Evacuee => {
    const from = pod.node!;
    const place = placeOf(pod);
    const { interruptionMicros, awayMicrosPerSecond } = stake(pod);
    const away = (ms: number) => (awayMicrosPerSecond * ms) / 1000;
    const isJob = pod.owner?.kind === 'Job';
    const leftMs = Math.max(0, withinMs(from) - marginMs);
    const staying = isJob ? interruptionMicros * Math.exp(-leftMs / JOB_MEAN_MS) : interruptionMicros;
    const reasons = (must.get(`${pod.namespace}/${pod.name}`) ?? []).filter((reason) => !isPassing(reason));
    const { method, stallMs, movedBytes } = movement(pod);
    const wayBy = (by: Method, ms: number): Way => {
      const lost = by === 'live' ? 0 : by === 'surge' ? SURGED : isJob ? WORK_LOST : RESTARTED;
      const bytes = by === 'live' ? movedBytes : 0;
      return { method: by as Way['method'], bytes, lossMicros: Math.round(interruptionMicros * lost + away(ms)) };
    };
    const plain = eviction(pod);
    const ways = [wayBy(plain.method, plain.stallMs)];
    if (method === 'live' || method === 'surge') ways.unshift(wayBy(method, stallMs));
    const why = reasons.length === 0 && place === null ? [NO_PLACE] : reasons;
    const budget = snapshot.podDisruptionBudgets.find(
      ({ namespace, selector }) => namespace === pod.namespace && matchesSelector(selector, pod.labels),
    );
    const allowed = budget?.disruptionsAllowed ?? podsAtOncePerOwner;
    return {
      pod,
      from,
      withinMs: leftMs,
      interruptionMicros,
      stayLossMicros: Math.round(staying + away(rates.lostMs)),
      ways: why.length > 0 ? [] : ways,
      reasons: why,
      to: place?.to ?? null,
      placeReadyMs: place?.readyMs ?? 0,
      owner: budget === undefined ? (pod.owner?.uid ?? pod.uid) : `${budget.namespace}/${budget.name}`,
      ownerAtOnce: Math.max(1, Math.min(allowed, podsAtOncePerOwner)),
    };
  });
}

const NO_PLACE = 'no node has room for it, and none can be launched';
