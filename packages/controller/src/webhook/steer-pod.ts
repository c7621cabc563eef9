import { ARCHIVE_GATE, type Intent } from '@restow/migration';
import { STEERED_ANNOTATION } from '@restow/model';
import type { NewPod, PatchOperation } from './admission-review.ts';

const CORDON_TAINT = 'node.kubernetes.io/unschedulable';

/** Whether the pod is what its controller makes in place of the one that left. */
export function isMeant(intent: Intent, namespace: string | undefined, { metadata }: NewPod, now: number): boolean {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller === true);
  return (
    now < intent.expiresAt &&
    namespace === intent.pod.namespace &&
    metadata.name === intent.pod.name &&
    owner?.uid === intent.owner.uid
  );
}

/**
 * Leaves the scheduler one node, and everything that it checks. The terms of a node affinity are alternatives, so that
 * each gets the field; `metadata.name` is the only one that there is (KEP-3838 for what may be asked of a new pod).
 */
export function steer({ metadata, spec }: NewPod, { node, evenIfCordoned, gated }: Intent): readonly PatchOperation[] {
  const field = { key: 'metadata.name', operator: 'In', values: [node] };
  const affinity = spec.affinity ?? {};
  const nodeAffinity = affinity.nodeAffinity ?? {};
  const required = nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution ?? { nodeSelectorTerms: [{}] };
  const nodeSelectorTerms = required.nodeSelectorTerms.map((term) => ({
    ...term,
    matchFields: [...(term.matchFields ?? []), field],
  }));
  const value = {
    ...affinity,
    nodeAffinity: {
      ...nodeAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: { ...required, nodeSelectorTerms },
    },
  };
  const annotations = { ...metadata.annotations, [STEERED_ANNOTATION]: node };
  const operations: PatchOperation[] = [
    { op: 'add', path: '/spec/affinity', value },
    // Whoever plans must know that this is the pod's, and not its owner's, wish.
    { op: 'add', path: '/metadata/annotations', value: annotations },
  ];
  if (evenIfCordoned) {
    const toleration = { key: CORDON_TAINT, operator: 'Exists', effect: 'NoSchedule' };
    operations.push({ op: 'add', path: '/spec/tolerations', value: [...(spec.tolerations ?? []), toleration] });
  }
  if (gated) {
    const gates = [...(spec.schedulingGates ?? []), { name: ARCHIVE_GATE }];
    operations.push({ op: 'add', path: '/spec/schedulingGates', value: gates });
  }
  return operations;
}
