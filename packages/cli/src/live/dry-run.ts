import { type ActOutcome, compareWithCluster, type NodeIdentity } from '@restow/executor';
import { type ClusterChoice, KubeApi, KubeConnection } from '@restow/kube';
import { InputError, type Plan, type PlanStep, type Snapshot } from '@restow/model';
import { LiveView } from '@restow/snapshotter';
import { renderColumns } from '../render/columns.ts';
import { adaptersOver } from './adapters.ts';
import { openMachineGroups } from './machine-groups.ts';
import { FIELD_MANAGER } from './open-cluster.ts';

export interface DryRunResult {
  readonly text: string;
  readonly json: object;
  readonly refused: number;
}

interface Judged {
  readonly step: string;
  readonly kind: string;
  readonly what: string;
  /** null: the API server would do it. */
  readonly refusal: string | null;
}

const LIMIT_MS = 10 * 60_000;
/** What only the run itself can say, because it depends on the steps before. */
const LATER = new Set(['not-empty', 'budget']);

/** Lets the API server judge every step of a plan without doing any (`dryRun=All`). */
export async function dryRun(plan: Plan, choice: ClusterChoice): Promise<DryRunResult> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const connection = await KubeConnection.open(choice, 'restow dry-run');
  const api = new KubeApi(connection, { fieldManager: FIELD_MANAGER, dryRun: true, fence: () => {} });
  const view = await LiveView.open(connection, Date.now, signal).catch(async (error) => {
    await connection.close();
    throw error;
  });
  try {
    const live = await view.current(signal);
    const { refusal, changes } = compareWithCluster(plan, live, plan.policy);
    if (refusal !== null) throw new InputError(`${refusal.message} [${refusal.code}]; nothing was begun`);
    const { marker, nodes, mover } = adaptersOver(api, await openMachineGroups(live.snapshot));
    const judged: Judged[] = [];
    const owners = new Map(live.snapshot.pods.map((pod) => [pod.uid, pod]));
    const judge = async (step: PlanStep): Promise<ActOutcome | null> => {
      if (step.kind === 'launch') return nodes.launch(orderOf(plan, step), signal);
      if (step.kind === 'move') {
        const pod = owners.get(step.pod!.uid);
        if (pod?.owner == null || pod.node === null) return null;
        const order = { id: step.id, pod: step.pod!, owner: pod.owner, from: pod.node, to: step.node ?? '' };
        return mover.move({ ...order, method: step.method ?? 'evict' }, signal, () => {});
      }
      const node = identityOf(live.snapshot, step.node);
      if (node === null) return null;
      if (step.kind === 'cordon') return marker.cordon(node, signal);
      return step.kind === 'remove' ? nodes.remove(node, signal) : null;
    };
    for (const step of plan.steps) {
      const outcome = await judge(step);
      if (outcome === null) continue;
      const refused = !outcome.ok && !LATER.has(outcome.code) ? outcome.reason : null;
      const what = step.pod === undefined ? step.node! : `${step.pod.namespace}/${step.pod.name}`;
      judged.push({ step: step.id, kind: step.kind, what, refusal: refused });
    }
    const refused = judged.filter((one) => one.refusal !== null);
    const summary = `${judged.length} changes judged by the API server, ${refused.length} refused; nothing was changed`;
    const rows = refused.map(({ step, kind, what, refusal: why }) => [step, kind, what, why!]);
    const changed = changes.map((change) => `since the plan was made: ${change}\n`).join('');
    return {
      text: `${changed}${rows.length === 0 ? '' : renderColumns(rows)}${summary}\n`,
      json: { changes, steps: judged },
      refused: refused.length,
    };
  } finally {
    await view.close();
    await connection.close();
  }
}

function orderOf({ target }: Plan, { id, node }: PlanStep) {
  const found = [...target.nodes, ...target.spares].find(({ name, existing }) => name === node && !existing)!;
  const { instanceType, zone, capacityType, arch, group } = found;
  return {
    token: `dry-run-${id}`,
    instanceType: instanceType ?? '',
    zone,
    capacityType,
    arch,
    group,
    unpreferred: false,
  };
}

function identityOf(snapshot: Snapshot, name: string | undefined): NodeIdentity | null {
  const node = snapshot.nodes.find((one) => one.name === name);
  return node === undefined ? null : { name: node.name, uid: node.uid };
}
