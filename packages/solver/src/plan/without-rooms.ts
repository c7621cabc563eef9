import type { Plan } from '@restow/model';
import type { Realisation } from '../order/realise.ts';
import type { Problem } from '../problem/problem.ts';
import { isWaitingRoom } from '../problem/waiting-rooms.ts';

/** What is told of a problem with waiting rooms and of its answer: real nodes, and moves of pods that run. */
export interface WithoutRooms {
  readonly problem: Problem;
  readonly realisation: Realisation;
  /** Who waits and where there will be room; null: policy does not ask. */
  readonly pending: NonNullable<Plan['target']['pending']> | null;
  /** What is paid, in the answer and in what is proven of it, for those who wait on. */
  readonly waitingMicrosPerHour: number;
}

/** Takes the waiting rooms out; they come after all nodes, so that slots keep their numbers. */
export function withoutRooms(
  problem: Problem,
  realisation: Realisation,
  nameOf: (slot: number) => string,
): WithoutRooms {
  const isRoom = (slot: number) => isWaitingRoom(problem.nodes[slot]?.node.name ?? '');
  const nodes = problem.nodes.filter(({ index }) => !isRoom(index));
  const waitingMicrosPerHour = problem.nodes.reduce(
    (sum, { index, microsPerHour }) => sum + (isRoom(index) && realisation.podsBySlot.has(index) ? microsPerHour : 0),
    0,
  );
  return {
    problem: { ...problem, nodes },
    realisation: {
      ...realisation,
      moves: realisation.moves.filter(({ from }) => !isRoom(from)),
      removed: realisation.removed.filter((slot) => !isRoom(slot)),
      podsBySlot: new Map([...realisation.podsBySlot].filter(([slot]) => !isRoom(slot))),
      microsPerHour: realisation.microsPerHour - waitingMicrosPerHour,
    },
    pending: problem.policy.pending.makeRoom
      ? realisation.moves.flatMap(({ pod: { namespace, name, uid }, from, to }) =>
          isRoom(from) ? [{ namespace, name, uid, node: nameOf(to) }] : [],
        )
      : null,
    waitingMicrosPerHour,
  };
}
