import type { PlanStep, StepKind } from '@restow/model';
import type { RunContext, StepResult } from '../run/context.ts';
import { cordon } from './cordon.ts';
import { drain } from './drain.ts';
import { launch } from './launch.ts';
import { move } from './move.ts';
import { remove } from './remove.ts';
import { waitReady } from './wait-ready.ts';

/** How each kind of step is carried out. Each may be taken again after a crash and repeats nothing harmful. */
export const STEPS: Readonly<Record<StepKind, (context: RunContext, step: PlanStep) => Promise<StepResult>>> = {
  launch,
  'wait-ready': waitReady,
  cordon,
  move,
  drain,
  remove,
};
