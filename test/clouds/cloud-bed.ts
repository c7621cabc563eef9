import type { CloudMachine } from './follow-machines.ts';

export interface GroupSize {
  readonly desired: number;
  readonly least: number;
  readonly most: number;
}

/** A cloud with groups of machines, as the tests of runs want it: a small type and a large one, in one zone. */
export interface CloudBed {
  /** What a process needs that shall talk to it. */
  readonly env: Readonly<Record<string, string>>;
  readonly small: string;
  readonly large: string;
  /** Groups that there are no more. */
  reset(): Promise<void>;
  addGroup(name: string, instanceType: string, size: GroupSize): Promise<void>;
  machines(): Promise<readonly CloudMachine[]>;
  wanted(group: string): Promise<number>;
  protect(machine: string): Promise<void>;
  /** null: this cloud cannot play that. */
  readonly exhaust: ((group: string) => void) | null;
  readonly hold: ((group: string, holds: boolean) => void) | null;
  stop(): Promise<void>;
}
