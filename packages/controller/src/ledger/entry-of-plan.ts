import type { Plan, Snapshot } from '@restow/model';
import { type BodyOf, controllersOf } from '@restow/report';

/** Beyond these, each costs next to nothing. */
const MOST_BLOCKERS = 200;

/** What the ledger says of a plan for a snapshot, whether or not it is carried out. */
export function entryOfPlan(
  { metadata, policy, stays, summary }: Plan,
  snapshot: Snapshot,
  { run, schedule }: { readonly run: string; readonly schedule: string },
): BodyOf<'plan'> {
  const pods = new Map(snapshot.pods.map((pod) => [`${pod.namespace}/${pod.name}`, pod]));
  const controllerOf = controllersOf(snapshot);
  const blockers = stays.flatMap(
    ({ kind, namespace = null, name, reasons, microsPerHour }): BodyOf<'plan'>['blockers'] => {
      if (microsPerHour === 0) return [];
      const why = { reasons: [...reasons], microsPerHour };
      if (kind === 'Node') return [{ namespace, pod: null, node: name, controller: null, ...why }];
      const pod = pods.get(`${namespace}/${name}`);
      const controller = pod === undefined ? null : controllerOf(pod);
      const by = controller === null ? null : `${controller.kind}/${controller.name}`;
      return pod === undefined || pod.node === null
        ? []
        : [{ namespace, pod: name, node: pod.node, controller: by, ...why }];
    },
  );
  return {
    kind: 'plan',
    at: Date.parse(metadata.createdAt),
    run,
    schedule,
    microsPerHour: summary.microsPerHour,
    memoryFraction: policy.usage.memoryFraction,
    blockers: blockers.slice(0, MOST_BLOCKERS),
  };
}
