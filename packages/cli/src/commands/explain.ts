import { InputError, type Plan, planDigest, snapshotDigest } from '@restow/model';
import { loadSnapshot } from '@restow/snapshotter';
import { verdictsOfOtherNodes } from '@restow/solver';
import { loadPlan } from '../load-plan.ts';
import { readPolicy } from '../read-policy.ts';
import { renderDearestConstraints } from '../render/dearest-constraints.ts';
import { explainNode, explainPod, renderVerdicts } from '../render/explanation.ts';

export interface ExplainCommandOptions {
  readonly file: readonly string[];
  readonly policy?: string;
}

export async function runExplain(
  planFile: string,
  name: string | undefined,
  options: ExplainCommandOptions,
): Promise<void> {
  const plan = await loadPlan(planFile);
  if (planDigest(plan) !== plan.metadata.planDigest) {
    process.stderr.write('restow: the plan was edited after it was made (its digest does not match)\n');
  }
  if (name === undefined) {
    process.stdout.write(renderDearestConstraints(plan));
    return;
  }
  const node = explainNode(plan, name);
  if (node !== null) {
    process.stdout.write(node);
    return;
  }
  const placement = findPod(plan, planFile, name);
  process.stdout.write(explainPod(plan, placement));
  if (options.file.length === 0) return;
  const snapshot = await loadSnapshot(options.file, process.stdin);
  if (snapshotDigest(snapshot) !== plan.metadata.snapshotDigest) {
    throw new InputError('is not the snapshot that the plan was made from', { file: options.file.join(', ') });
  }
  const pod = snapshot.pods.find((one) => one.namespace === placement.namespace && one.name === placement.name)!;
  process.stdout.write(renderVerdicts(verdictsOfOtherNodes(snapshot, plan, await readPolicy(options.policy), pod)));
}

function findPod(plan: Plan, file: string, name: string): { namespace: string; name: string } {
  const [namespace, podName] = name.includes('/') ? (name.split('/', 2) as [string, string]) : [null, name];
  const isIt = (one: { namespace?: string; name: string }) =>
    one.name === podName && (namespace === null || one.namespace === namespace);
  const found = [
    ...plan.target.placements.filter(isIt),
    ...(plan.target.pending ?? []).filter(isIt),
    ...plan.stays
      .filter((stay) => stay.kind === 'Pod' && isIt(stay))
      .map((stay) => ({ namespace: stay.namespace!, name: stay.name })),
  ];
  const distinct = [...new Set(found.map((one) => `${one.namespace}/${one.name}`))];
  if (distinct.length > 1)
    throw new InputError(`${name} could be ${distinct.join(' or ')}; give the namespace`, { file });
  if (found.length === 0) throw new InputError(`there is no node and no pod ${name} in the plan`, { file });
  return found[0]!;
}
