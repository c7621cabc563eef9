import { type Amendments, type Offering, STAYS_MARK } from '@restow/model';
import type { PlanRequest } from './make-plan.ts';

/**
 * The request for the rest of a run: as the first one, but heeding what the run has learned. An offering without a zone
 * of its own is not launched any more once one of its zones has none left. The policy's minimum saving was asked of the
 * whole plan and is not asked again of its rest.
 */
export function amendRequest(request: PlanRequest, amendments: Amendments): PlanRequest {
  const { snapshot, book, policy } = request;
  const pods = new Set(amendments.stayingPods);
  const nodes = new Set(amendments.stayingNodes);
  const going = new Set(amendments.goingNodes);
  const isUnavailable = ({ instanceType, zone, capacityType }: Offering) =>
    amendments.unavailable.some(
      (choice) =>
        choice.instanceType === instanceType &&
        choice.capacityType === capacityType &&
        (zone === null || choice.zone === null || choice.zone === zone),
    );
  return {
    ...request,
    snapshot: {
      ...snapshot,
      nodes: snapshot.nodes.map((node) => {
        if (going.has(node.name)) return { ...node, unschedulable: true };
        return nodes.has(node.name) ? { ...node, doNotDisrupt: STAYS_MARK } : node;
      }),
      pods: snapshot.pods.map((pod) => (pods.has(pod.uid) ? { ...pod, doNotDisrupt: STAYS_MARK } : pod)),
    },
    book: {
      ...book,
      offerings: book.offerings.map((offering) =>
        isUnavailable(offering) ? { ...offering, launchable: false } : offering,
      ),
    },
    policy: {
      ...policy,
      minimumSavingFraction: 0,
      maxMoves: amendments.maxMoves,
      onlyRemove: policy.onlyRemove || amendments.onlyRemove,
    },
  };
}
