import type { SchedulingSpec } from '@restow/model';

const CORDON_TAINT = 'node.kubernetes.io/unschedulable';

/**
 * What the pod's owner asked for. A pod that was moved live was told its node when it was made, by restow's webhook; what
 * its owner makes in its place is free again.
 */
export function unsteered(spec: SchedulingSpec, node: string): SchedulingSpec {
  const terms = (spec.nodeAffinity ?? []).map((term) => ({
    ...term,
    matchFields: term.matchFields.filter(({ values }) => !(values.length === 1 && values[0] === node)),
  }));
  // A term that asks for nothing selects nothing; the webhook has put the field into one of its own.
  const asks = terms.some(({ matchExpressions, matchFields }) => matchExpressions.length + matchFields.length > 0);
  const tolerations = spec.tolerations.filter(({ key }) => key !== CORDON_TAINT);
  return { ...spec, nodeAffinity: asks ? terms : null, tolerations };
}
