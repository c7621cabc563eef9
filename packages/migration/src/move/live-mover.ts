import { type ActOutcome, type MoveOrder, type Mover, OutageError } from '@restow/executor';
import { type KubeApi, sleepMs } from '@restow/kube';
import type { Method, PodReference } from '@restow/model';
import type { Steering } from '../steering/steering.ts';
import type { Agent } from '../wire/agent.ts';
import type { Agents } from '../wire/agents.ts';
import type { CopyAheadRequest, MoveReport, Preflight } from '../wire/messages.ts';
import { whyNodesDiffer } from './fitness.ts';
import { LivePod } from './live-pod.ts';
import type { PhaseListener } from './phase-listener.ts';
import { whyPodUnfit } from './pod-fitness.ts';

const POLL_MS = 25;
/** How long a ticket may be used, from when it is given. */
const TICKET_MS = 15 * 60_000;
/** Half a minute's worth on a slow network. */
const GATE_ABOVE_BYTES = 4 * 2 ** 30;
/** Less is sent in a moment, frozen or not. */
const AHEAD_FROM_BYTES = 4 * 2 ** 20;
/** How long a container waits for the archive, which comes while it is made. */
const WAIT_MS = 100_000;
const RESTORE_MS = 90_000;
/** From the delete until every container is back. */
const RETURN_MS = 180_000;

type Moved = Awaited<ReturnType<Mover['move']>>;
type NotMoved = Extract<Moved, { ok: false }>;

export interface LiveMoverOptions {
  readonly api: KubeApi;
  readonly agents: Agents;
  /** null: whoever asks for moves sees to it that only the target can take the pod. */
  readonly steering: Steering | null;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly onPhase: PhaseListener;
  /**
   * A larger archive must be at the target before the pod may come there: a kubelet gives up on a container that waits
   * longer than two minutes (`runtimeRequestTimeout`). A smaller one arrives while the pod is made again.
   */
  readonly gateAboveBytes?: number;
}

/** Both ends of one move. */
interface Ends {
  readonly source: Agent;
  readonly target: Agent;
}

/**
 * Moves a pod with its memory, files, address and connections. Until the pod is deleted the way back is a thaw; after
 * that, the archive on the source; and if that fails, a cold start with its volumes. What is known of a move is with the
 * agents, so that whoever comes after a crash goes on: every act may be asked for again.
 */
export class LiveMover implements Mover {
  readonly methods: readonly Method[] = ['live'];
  readonly #options: LiveMoverOptions;
  readonly #frozenAt = new Map<string, number>();
  readonly #restoredAt = new Map<string, number>();
  readonly #aheadBytes = new Map<string, number>();

  constructor(options: LiveMoverOptions) {
    this.#options = options;
  }

  steers(): boolean {
    return this.#options.steering !== null;
  }

  async move(order: MoveOrder, signal: AbortSignal, onPlaced: (uid: string) => void): Promise<Moved> {
    const ends = await this.#ends(order, signal);
    if ('ok' in ends) return ends;
    const pod = new LivePod(this.#options.api, order);
    const [at, to] = await this.#reports(order.id, ends, signal);
    // What comes after the commit may not have been done.
    if (to.state === 'committed') return this.#commit(order, ends, pod, 0, signal);
    if (at.state === 'handed-back' || at.state === 'restored' || at.state === 'gone') {
      return to.state === 'restored'
        ? this.#commit(order, ends, pod, 0, signal)
        : refused(`an earlier attempt ended: ${at.state}`);
    }
    if (to.state === 'cancelled') {
      // Where the pod was deleted, what was made in its place waits to be let start.
      await ends.target.letStart(order.id, signal);
      return refused('an earlier attempt was withdrawn');
    }
    if (at.state === 'unknown' || at.state === 'thawed') {
      const stopped = await this.#begin(order, ends, pod, signal);
      if (stopped !== null) return stopped;
    } else if (at.state === 'frozen') {
      const stopped = await this.#checkpoint(order, ends, signal);
      if (stopped !== null) return stopped;
    }
    return this.#carryOver(order, ends, pod, onPlaced, signal);
  }

  /** Looks whether the pod could be moved, and changes nothing. */
  async look(order: MoveOrder, signal: AbortSignal): Promise<Preflight | NotMoved> {
    const ends = await this.#ends(order, signal);
    if ('ok' in ends) return ends;
    return this.#preflight(order, ends, new LivePod(this.#options.api, order), signal);
  }

  async withdraw(order: MoveOrder, signal: AbortSignal): Promise<ActOutcome> {
    const ends = await this.#ends(order, signal);
    if ('ok' in ends) return ends;
    const pod = new LivePod(this.#options.api, order);
    const [at, to] = await this.#reports(order.id, ends, signal);
    if (to.state === 'restored' || to.state === 'committed') {
      await this.#commit(order, ends, pod, 0, signal);
      return { ok: true };
    }
    if (at.state === 'kept' && !(await pod.isThere(signal)))
      return this.#comeBack(order, ends, pod, 'withdrawn', signal);
    return (await this.#undo(order, ends, signal)) ?? { ok: true };
  }

  async #ends({ from, to }: MoveOrder, signal: AbortSignal): Promise<Ends | NotMoved> {
    const [source, target] = await Promise.all([
      this.#options.agents.of(from, signal),
      this.#options.agents.of(to, signal),
    ]);
    if (source === null || target === null) return unfit([`node ${source === null ? from : to} has no address`]);
    return { source, target };
  }

  #reports(move: string, { source, target }: Ends, signal: AbortSignal): Promise<[MoveReport, MoveReport]> {
    return Promise.all([source.move(move, signal), target.move(move, signal)]);
  }

  async #preflight(
    { from, pod: { namespace, name, uid } }: MoveOrder,
    { source, target }: Ends,
    pod: LivePod,
    signal: AbortSignal,
  ): Promise<Preflight | NotMoved> {
    const object = await pod.read(signal);
    if (object === null || pod.nodeOf(object) !== from) {
      return { ok: false, code: 'changed', reason: `pod ${namespace}/${name} is not there as it was` };
    }
    const [here, there, found, unfitness] = await Promise.all([
      source.report(signal),
      target.report(signal),
      source.preflight({ namespace, name, uid }, signal),
      whyPodUnfit(this.#options.api, object, signal),
    ]);
    const reasons = [...unfitness, ...whyNodesDiffer(here, there), ...(found.ok ? [] : found.reasons)];
    return reasons.length > 0 || !found.ok ? unfit(reasons) : found;
  }

  /** Up to the checkpoint; null when that is there. Refused, everything is as before. */
  async #begin(order: MoveOrder, ends: Ends, pod: LivePod, signal: AbortSignal): Promise<NotMoved | null> {
    const { onPhase, now, steering, gateAboveBytes = GATE_ABOVE_BYTES } = this.#options;
    onPhase(order, 'preflight', {});
    const found = await this.#preflight(order, ends, pod, signal);
    if (!('address' in found)) return found;
    onPhase(order, 'prepare', {});
    const { containers, address, memoryBytes, fileBytes } = found;
    const times = ticketTimes(now());
    const room = { pod: order.pod, source: order.from, containers, address, sizeBytes: memoryBytes + fileBytes };
    const prepared = await ends.target.prepare(order.id, { ...room, ...times }, signal);
    if (!prepared.ok) return refused(prepared.reasons.join('; '));
    const unsteered = await steering?.arm(
      { ...intentOf(order, order.to), gated: room.sizeBytes > gateAboveBytes },
      signal,
    );
    if (unsteered != null) return (await this.#undo(order, ends, signal)) ?? refused(unsteered);
    const leaving = { pod: order.pod, target: ends.target.peer };
    if (memoryBytes >= AHEAD_FROM_BYTES)
      await this.#copyAhead(order, ends, { ...leaving, sizeBytes: room.sizeBytes }, signal);
    onPhase(order, 'freeze', {});
    this.#frozenAt.set(order.id, now());
    const frozen = await ends.source.freeze(order.id, leaving, signal);
    if (!frozen.ok) return (await this.#undo(order, ends, signal)) ?? refused(frozen.reasons.join('; '));
    onPhase(order, 'frozen', frozen.phasesMs);
    return this.#checkpoint(order, ends, signal);
  }

  /** What cannot be sent ahead is sent when the pod is frozen. */
  async #copyAhead(order: MoveOrder, { source }: Ends, request: CopyAheadRequest, signal: AbortSignal): Promise<void> {
    const sent = await source.copyAhead(order.id, request, signal);
    if (!sent.ok) return;
    this.#aheadBytes.set(order.id, sent.bytes);
    this.#options.onPhase(order, 'copied-ahead', { ...sent.phasesMs, bytes: sent.bytes });
  }

  async #checkpoint(order: MoveOrder, ends: Ends, signal: AbortSignal): Promise<NotMoved | null> {
    const kept = await ends.source.checkpoint(order.id, signal);
    if (!kept.ok) return (await this.#undo(order, ends, signal)) ?? refused(kept.reasons.join('; '));
    this.#options.onPhase(order, 'checkpointed', kept.phasesMs);
    return null;
  }

  /** Sends the archive while the pod is deleted and made again. From the delete on the way back is another one. */
  async #carryOver(
    order: MoveOrder,
    ends: Ends,
    pod: LivePod,
    onPlaced: (uid: string) => void,
    signal: AbortSignal,
  ): Promise<Moved> {
    const { onPhase } = this.#options;
    let bytes = 0;
    const sending = ends.source.send(order.id, signal).then((sent) => {
      if (!sent.ok) return sent.reasons.join('; ');
      bytes = sent.bytes;
      onPhase(order, 'sent', { ...sent.phasesMs, bytes });
      return null;
    });
    // Told by whoever waits for it below.
    sending.catch(() => {});
    const deleted = await pod.delete(signal);
    if (!deleted.ok) return (await this.#undo(order, ends, signal)) ?? deleted;
    const killed = await ends.source.kill(order.id, signal);
    if (!killed.ok)
      throw new OutageError(`${order.pod.name} is deleted and does not die: ${killed.reasons.join('; ')}`);
    onPhase(order, 'deleted', killed.phasesMs);
    const why = (await sending) ?? (await this.#untilRestored(order, ends, pod, onPlaced, signal));
    if (why !== null) {
      const back = await this.#comeBack(order, ends, pod, why, signal);
      return back.ok ? refused(`${why}; the pod is back on ${order.from}`) : refused(`${why}; ${back.reason}`);
    }
    if (this.#frozenAt.has(order.id)) this.#restoredAt.set(order.id, this.#options.now());
    onPhase(order, 'restored', {});
    return this.#commit(order, ends, pod, bytes, signal);
  }

  /** null, or why it is not. */
  async #untilRestored(
    order: MoveOrder,
    { target }: Ends,
    pod: LivePod,
    onPlaced: (uid: string) => void,
    signal: AbortSignal,
  ): Promise<string | null> {
    const deadline = this.#options.now() + RETURN_MS;
    let placed: string | null = null;
    for (;;) {
      const report = await target.move(order.id, signal);
      if (report.state === 'restored' || report.state === 'committed') return null;
      if (report.state === 'failed') return report.reason ?? 'it could not be restored';
      if (placed === null) {
        const successor = await pod.successor(signal);
        const node = successor === null ? null : pod.nodeOf(successor);
        if (successor !== null && (await pod.ungate(successor, signal))) this.#options.onPhase(order, 'ungated', {});
        if (successor !== null && node !== null) {
          if (node !== order.to) return `what replaces it came to ${node}`;
          placed = successor.metadata.uid;
          onPlaced(placed);
          this.#options.onPhase(order, 'placed', {});
        }
      }
      if (this.#options.now() > deadline) return 'it was not restored in time';
      await sleepMs(POLL_MS, signal);
    }
  }

  async #commit(order: MoveOrder, ends: Ends, pod: LivePod, bytes: number, signal: AbortSignal): Promise<Moved> {
    const committed = await ends.target.commit(order.id, signal);
    if (!committed.ok)
      throw new OutageError(`the move of ${order.pod.name} is not committed: ${committed.reasons.join('; ')}`);
    await ends.source.release(order.id, signal);
    await this.#options.steering?.disarm(order.id, signal);
    this.#options.onPhase(order, 'committed', {});
    return this.#done(order, pod, bytes, signal);
  }

  async #done(order: MoveOrder, pod: LivePod, movedBytes: number, signal: AbortSignal): Promise<Moved> {
    const successor = await pod.successor(signal);
    const { namespace, name } = order.pod;
    const aheadBytes = this.#aheadBytes.get(order.id) ?? 0;
    const became: PodReference | null =
      successor === null
        ? null
        : { ...order.pod, namespace, name: successor.metadata.name ?? name, uid: successor.metadata.uid };
    const stoppedAt = this.#frozenAt.get(order.id) ?? this.#options.now();
    const restoredAt = this.#restoredAt.get(order.id);
    const stall = restoredAt === undefined ? {} : { stallMs: restoredAt - stoppedAt };
    return { ok: true, stoppedAt, movedBytes: movedBytes + aheadBytes, pod: became, ...stall };
  }

  /** Before the delete: the ticket is made void, then the pod thawed. null: everything is as before. */
  async #undo(order: MoveOrder, { source, target }: Ends, signal: AbortSignal): Promise<NotMoved | null> {
    const cancelled = await target.cancel(order.id, signal);
    if (!cancelled.ok) return refused(`the ticket on ${order.to} cannot be made void: ${cancelled.reasons.join('; ')}`);
    const thawed = await source.thaw(order.id, signal);
    if (!thawed.ok) return refused(`the pod is not thawed: ${thawed.reasons.join('; ')}`);
    await this.#options.steering?.disarm(order.id, signal);
    await target.letStart(order.id, signal);
    this.#options.onPhase(order, 'thawed', thawed.phasesMs);
    return null;
  }

  /** After the delete: restored on the source from its own archive, or else started cold. */
  async #comeBack(
    order: MoveOrder,
    { source, target }: Ends,
    pod: LivePod,
    why: string,
    signal: AbortSignal,
  ): Promise<ActOutcome> {
    const { onPhase, now, steering } = this.#options;
    onPhase(order, 'coming-back', {});
    const cancelled = await target.cancel(order.id, signal);
    if (!cancelled.ok) return refused(`its ticket on ${order.to} is in use (${cancelled.reasons.join('; ')})`);
    const handed = await source.handBack(order.id, ticketTimes(now()), signal);
    await steering?.disarm(order.id, signal);
    // What is being emptied is cordoned.
    const back = { ...intentOf(order, order.from), evenIfCordoned: true };
    let failed = handed.ok ? ((await steering?.arm(back, signal)) ?? null) : handed.reasons.join('; ');
    const stray = await pod.successor(signal);
    if (stray !== null) await pod.deleteObject(stray, signal);
    if (failed === null) {
      const deadline = now() + RETURN_MS;
      for (;;) {
        const report = await source.move(order.id, signal);
        if (report.state === 'restored') break;
        if (report.state === 'failed') failed = report.reason ?? 'it could not be restored';
        else if (now() > deadline) failed = 'it was not restored in time';
        if (failed !== null) break;
        await sleepMs(POLL_MS, signal);
      }
    }
    await steering?.disarm(order.id, signal);
    await Promise.all([source.letStart(order.id, signal), target.letStart(order.id, signal)]);
    if (failed === null) {
      onPhase(order, 'came-back', {});
      return { ok: true };
    }
    onPhase(order, 'cold', {});
    return refused(`it is not restored on ${order.from} either (${failed}) and starts cold: ${why}`);
  }
}

function ticketTimes(now: number) {
  return { expiresAt: now + TICKET_MS, waitMs: WAIT_MS, restoreMs: RESTORE_MS };
}

function intentOf({ id, pod, owner: { kind, name, uid } }: MoveOrder, node: string) {
  return { move: id, pod, owner: { kind, name, uid }, node, evenIfCordoned: false, gated: false };
}

function refused(reason: string) {
  return { ok: false, code: 'refused', reason } as const;
}

function unfit(reasons: readonly string[]) {
  return { ok: false, code: 'unfit', reason: reasons.join('; ') } as const;
}
