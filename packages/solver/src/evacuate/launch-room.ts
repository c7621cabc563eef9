import { type Plan, type SnapshotPod, STAYS_MARK, type TargetNode } from '@restow/model';
import type { PlanRequest } from '../make-plan.ts';

/** Where pods go that found no room: nodes to be launched, and who goes where. */
export interface LaunchedRoom {
  readonly nodes: readonly TargetNode[];
  readonly places: ReadonlyMap<string, string>;
}

const NO_ROOM: LaunchedRoom = { nodes: [], places: new Map() };
/** A thousand an hour: whatever can be launched is cheaper than leaving a pod on a node that goes. */
const GOING = { instanceType: 'restow-going', nanosPerHour: 1e12 } as const;

/**
 * The cheapest nodes that take the pods which found no place, by the same solver as any plan: everything else stays where
 * it is, and the nodes that go cost more than anybody can pay. What no node can take is left out and stays.
 */
export async function launchRoom(
  request: PlanRequest,
  going: ReadonlySet<string>,
  placed: ReadonlyMap<SnapshotPod, string>,
  homeless: readonly SnapshotPod[],
  plan: (request: PlanRequest) => Promise<Plan>,
): Promise<LaunchedRoom> {
  let left = new Set(homeless);
  while (left.size > 0) {
    const made = await plan(reduced(request, going, placed, left));
    const moved = made.target.placements.filter(({ from }) => from !== null && going.has(from));
    if (moved.length > 0) {
      return {
        nodes: made.target.nodes.filter(({ existing }) => !existing),
        places: new Map(moved.map(({ uid, node }) => [uid, node])),
      };
    }
    // One that no node may take keeps its node, and with it the others.
    const stuck = new Set(
      made.stays.flatMap(({ kind, namespace, name }) => (kind === 'Pod' ? [`${namespace}/${name}`] : [])),
    );
    const rest = [...left].filter(({ namespace, name }) => !stuck.has(`${namespace}/${name}`));
    if (rest.length === left.size) return NO_ROOM;
    left = new Set(rest);
  }
  return NO_ROOM;
}

function reduced(
  request: PlanRequest,
  going: ReadonlySet<string>,
  placed: ReadonlyMap<SnapshotPod, string>,
  homeless: ReadonlySet<SnapshotPod>,
): PlanRequest {
  const { snapshot, book, policy } = request;
  return {
    ...request,
    snapshot: {
      ...snapshot,
      nodes: snapshot.nodes.map((node) =>
        going.has(node.name)
          ? {
              ...node,
              instanceType: GOING.instanceType,
              owner: 'restow',
              doNotDisrupt: null,
              unschedulable: true,
              ready: true,
            }
          : { ...node, doNotDisrupt: STAYS_MARK },
      ),
      pods: snapshot.pods.flatMap((pod) => {
        const to = placed.get(pod);
        if (to !== undefined) return [{ ...pod, node: to, doNotDisrupt: STAYS_MARK }];
        if (pod.node === null || !going.has(pod.node)) return [{ ...pod, doNotDisrupt: STAYS_MARK }];
        return homeless.has(pod) ? [pod] : [];
      }),
    },
    book: {
      ...book,
      offerings: [
        ...book.offerings,
        ...snapshot.nodes
          .filter(({ name }) => going.has(name))
          .map(({ arch, os, capacityType, allocatable }) => ({
            ...GOING,
            arch,
            os,
            capacityType,
            allocatable,
            region: null,
            zone: null,
            basis: 'list' as const,
            source: 0,
            launchable: false,
            burstable: false,
            previousGeneration: false,
            bareMetal: false,
            accelerated: false,
          })),
      ],
    },
    policy: {
      ...policy,
      nodes: '',
      minimumSavingFraction: 0,
      maxMoves: null,
      onlyRemove: false,
      // Whatever it costs to leave.
      movePrice: '0',
      evacuation: { ...policy.evacuation, values: [] },
    },
  };
}
