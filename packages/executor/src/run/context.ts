import type { SnapshotNode, SnapshotPod } from '@restow/model';
import type { Act, JournalRecord, RecordedOutcome } from '../journal/record.ts';
import type { Clock } from '../ports/clock.ts';
import type { ClusterView, LiveCluster } from '../ports/cluster-view.ts';
import type { Journal } from '../ports/journal.ts';
import type { Mover } from '../ports/mover.ts';
import type { NodeManager } from '../ports/node-manager.ts';
import type { NodeMarker } from '../ports/node-marker.ts';
import type { NoticeSource } from '../ports/notice-source.ts';
import type { Planner } from '../ports/planner.ts';
import type { MinuteBudget } from './budgets.ts';
import type { RunAct, RunState } from './run-state.ts';

/** What a run needs of the world. */
export interface RunPorts {
  readonly clock: Clock;
  readonly view: ClusterView;
  readonly nodes: NodeManager;
  readonly marker: NodeMarker;
  readonly mover: Mover;
  readonly notices: NoticeSource;
  readonly planner: Planner;
  readonly journal: Journal;
  /** What a node costs in millionths of the plan's currency per hour; null when that is not known. */
  readonly priceOf: (node: SnapshotNode) => number | null;
  /** Told of every record, after it is in the journal. */
  readonly onRecord: (record: JournalRecord, state: RunState) => void;
}

/** A pod that is on its way: it takes room where it is expected until it is seen there. */
export interface Arrival {
  readonly pod: SnapshotPod;
  readonly to: string;
}

export interface Steering {
  /** Names of nodes from which the soft taint was taken for a while. */
  readonly open: Set<string>;
  /** Changes of what is open, one after the other. */
  turn: Promise<void>;
  /** Called when a landing has ended. */
  onLanded: () => void;
}

/** What the steps of one run share while they are being carried out. */
export interface RunContext {
  readonly ports: RunPorts;
  readonly state: RunState;
  readonly signal: AbortSignal;
  /** By step. */
  readonly arrivals: Map<string, Arrival>;
  /** Pods that have been stopped, or are about to be, and whose successors have no node yet; by step. */
  readonly landing: Map<string, Arrival>;
  /** Which nodes are open for them. */
  readonly steering: Steering;
  /** How many moves hold a node, by name. */
  readonly holds: Map<string, number>;
  /** Nodes that are being uncordoned after having been held, until that is seen. */
  readonly lettingGo: Map<string, Promise<unknown>>;
  /** UIDs of pods that have been recognised as what a moved pod became. */
  readonly claimed: Set<string>;
  /** Moves begun in the last minute. */
  readonly minute: MinuteBudget;
  record(record: JournalRecord): Promise<void>;
  /** The cluster now; waits through an outage as long as the policy allows, then throws OutageError. */
  read(): Promise<LiveCluster>;
  /** Does one thing with its records before and after, within `limitMs`. */
  act(
    step: string,
    does: Act,
    limitMs: number,
    work: (signal: AbortSignal) => Promise<RecordedOutcome>,
  ): Promise<RunAct>;
  /** Waits until `test` finds something in the cluster; null after `limitMs`. */
  until<Found>(limitMs: number, test: (live: LiveCluster) => Found | null): Promise<Found | null>;
}

/** How a step came out, for now or for good. */
export type StepResult =
  | { readonly state: 'done' }
  /** Not now: nothing was done, and later it may be. */
  | { readonly state: 'blocked'; readonly reason: string; readonly by: 'room' | 'budget' }
  | { readonly state: 'failed'; readonly code: string; readonly reason: string }
  /** The cluster is not as planned, which is nobody's failure: the rest is planned again. */
  | {
      readonly state: 'overtaken';
      readonly code: string;
      readonly reason: string;
      /** A node that is to be left alone from now on. */
      readonly leaveAlone: string | null;
    };

export const DONE: StepResult = { state: 'done' };

export function failed(code: string, reason: string): StepResult {
  return { state: 'failed', code, reason };
}

export function overtaken(code: string, reason: string, leaveAlone: string | null = null): StepResult {
  return { state: 'overtaken', code, reason, leaveAlone };
}

export function blocked(reason: string, by: 'room' | 'budget' = 'room'): StepResult {
  return { state: 'blocked', reason, by };
}
