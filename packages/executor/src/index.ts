export { type Account, accountSchema } from './account/account.ts';
export { type MeasuredRates, measureRates } from './account/measure-rates.ts';
export { askingCloud, type CloudManners, cloudOutage } from './ask-cloud.ts';
export { abort, carryOut, type RunOptions, type RunOutcome, type RunRequest, resume } from './carry-out.ts';
export { JournalError, OutageError } from './errors.ts';
export { InTurn } from './in-turn.ts';
export { FileJournal } from './journal/file-journal.ts';
export { MemoryJournal, MemoryPlace } from './journal/memory-journal.ts';
export type { Act, JournalRecord, Reason } from './journal/record.ts';
export { NoticeBoard, type NoticeBoardOptions, type NoticeCounts } from './notices/notice-board.ts';
export { noticesOnNode } from './notices/notices-on-node.ts';
export { once } from './once.ts';
export type { ActOutcome, Refusal } from './outcome.ts';
export type { Clock } from './ports/clock.ts';
export type { ClusterView, LiveCluster } from './ports/cluster-view.ts';
export type { Journal } from './ports/journal.ts';
export type { MachineGroup, MachineGroups, MachineOrder, OrderedMachine } from './ports/machine-groups.ts';
export type { MoveOrder, MoveRefusal, Mover } from './ports/mover.ts';
export type {
  KeepRefusal,
  LaunchOrder,
  LaunchRefusal,
  NodeManager,
  Released,
  RemoveRefusal,
} from './ports/node-manager.ts';
export type { NodeIdentity, NodeMarker } from './ports/node-marker.ts';
export { type MachineNotice, NOTICE_KINDS, type Notice, type NoticeSource } from './ports/notice-source.ts';
export type { Planner } from './ports/planner.ts';
export { compareWithCluster, refusePlan } from './run/accept-plan.ts';
export type { RunPorts } from './run/context.ts';
export { countCluster } from './run/occupancy.ts';
export { type RunState, stateOf } from './run/run-state.ts';
export { isOpen } from './run/windows.ts';
