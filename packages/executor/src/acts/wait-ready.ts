import type { PlanStep, SnapshotNode } from '@restow/model';
import type { LiveCluster } from '../ports/cluster-view.ts';
import { steersAll } from '../ports/mover.ts';
import type { NodeIdentity } from '../ports/node-marker.ts';
import { DONE, failed, type RunContext, type StepResult } from '../run/context.ts';
import { launchedAs } from '../run/names.ts';
import { setMark } from './mark.ts';

/** Waits until an ordered node has joined, is ready, has lost its start-up taints and runs its daemon pods. */
export async function waitReady(context: RunContext, step: PlanStep): Promise<StepResult> {
  const { state, ports } = context;
  const launched = launchedAs(state, step.node!);
  if (launched === undefined) return failed('not-launched', `${step.node} has not been launched`);
  const limitMs = state.policy.run.limits.readyMs;
  const { outcome } = await context.act(
    step.id,
    { kind: 'wait-ready', token: launched.token },
    limitMs,
    async (signal) => {
      const deadline = ports.clock.now() + limitMs;
      let node: NodeIdentity | null = null;
      while (node === null) {
        const found = await ports.nodes.nodeOf(launched.token, signal);
        if (!found.ok) return found;
        node = found.node;
        if (node === null) await ports.clock.sleep(POLL_MS, signal);
      }
      const identity: NodeIdentity = node;
      const ready = await context.until(deadline - ports.clock.now(), (live) => isReady(live, identity));
      return ready === null
        ? { ok: false, code: 'not-ready', reason: `node ${identity.name} joined and did not become ready` }
        : { ok: true, node: identity };
    },
  );
  if (outcome!.ok) {
    await setMark(context, step.id, 'protect', [outcome!.node!]);
    // Until it is its turn to be filled.
    if (!steersAll(ports.mover)) await setMark(context, step.id, 'mark', [outcome!.node!]);
    return DONE;
  }
  // What never came is given back at once: it costs money, and it could still come.
  await releaseLaunched(context, step.id, launched.token);
  return failed(outcome!.code === 'time-limit' ? 'not-ready' : outcome!.code, outcome!.reason);
}

const POLL_MS = 1000;

function isReady({ snapshot, readySince }: LiveCluster, { name, uid }: NodeIdentity): SnapshotNode | null {
  const node = snapshot.nodes.find((one) => one.name === name && one.uid === uid);
  if (node === undefined || !node.ready || node.deleting || node.unschedulable) return null;
  const startup = new Set(
    snapshot.nodePools.find((pool) => pool.name === node.group)?.startupTaints.map(({ key }) => key),
  );
  if (node.taints.some(({ key }) => startup.has(key) || key.startsWith('node.kubernetes.io/'))) return null;
  const daemons = snapshot.pods.filter((pod) => pod.node === name && pod.owner?.kind === 'DaemonSet');
  return daemons.every(({ uid: pod }) => readySince.has(pod)) ? node : null;
}

/** Gives an ordered node back. Says why that could not be done. */
export async function releaseLaunched(context: RunContext, step: string, token: string): Promise<string | null> {
  const { state, ports } = context;
  const { outcome } = await context.act(step, { kind: 'release', token }, state.policy.run.limits.removeMs, (signal) =>
    ports.nodes.release(token, signal),
  );
  return outcome!.ok ? null : outcome!.reason;
}
