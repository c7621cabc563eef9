import type { ActOutcome } from '../outcome.ts';
import type { LaunchRefusal, Released, RemoveRefusal } from './node-manager.ts';

/** Like machines of which a cloud keeps as many as it is told. */
export interface MachineGroup {
  /** As its cloud names it; never the name that nodes have for it. */
  readonly id: string;
  /** Whose it is; null: it does not say. */
  readonly cluster: string | null;
  /** Where it has machines; null: where it likes. */
  readonly zones: readonly string[] | null;
  /** Of machines that are not on their way out. */
  readonly machines: readonly string[];
}

/** One machine more of a group, of this kind. */
export interface MachineOrder {
  /** The order's name, short enough for a tag: the same order given twice is one machine. */
  readonly key: string;
  readonly instanceType: string;
  /** null: any. */
  readonly zone: string | null;
  readonly capacityType: string;
}

export interface OrderedMachine {
  /** null while its cloud has not made it. */
  readonly machine: string | null;
  /** It is gone, or on its way out. */
  readonly isLost: boolean;
}

/**
 * The groups of one cloud in one region or project: what a NodeManager needs of a cloud, without a word about Kubernetes.
 * All of it may be asked again.
 */
export interface MachineGroups {
  /** The machine that a node's `spec.providerID` names; null: it is none of this cloud and place. */
  machineAt(providerId: string): string | null;
  /** Groups whose nodes call them so: more than one where other clusters do too, or where each zone has one. */
  groupsNamed(name: string, signal: AbortSignal): Promise<readonly MachineGroup[]>;
  /** Answers as soon as the machine is paid for. */
  order(
    group: MachineGroup,
    order: MachineOrder,
    signal: AbortSignal,
  ): Promise<ActOutcome<{ readonly launchedAt: number }, LaunchRefusal>>;
  /** null: nothing was ordered so. */
  ordered(key: string, signal: AbortSignal): Promise<OrderedMachine | null>;
  release(key: string, signal: AbortSignal): Promise<ActOutcome<Released, RemoveRefusal>>;
  /** Whether it is on its way out, whoever has sent it there, or gone. */
  isGoing(machine: string, signal: AbortSignal): Promise<boolean>;
  /** Makes the group smaller by this machine, and answers when that costs nothing any more. */
  remove(machine: string, signal: AbortSignal): Promise<ActOutcome<{ readonly removedAt: number }, RemoveRefusal>>;
}
