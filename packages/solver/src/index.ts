export { type CheckedMove, type CheckInput, checkPlan, type LaunchedNode } from './check/check-plan.ts';
export { byPriority, chooseOrder, inPodOrder, type Order } from './evacuate/choose-order.ts';
export type { EvacuationRequest, GoingNode } from './evacuate/evacuation-request.ts';
export type { Evacuee, Way } from './evacuate/evacuee.ts';
export { isNeverTouched, planEvacuation } from './evacuate/plan-evacuation.ts';
export { type Leave, type Limits, type Times, timetable } from './evacuate/timetable.ts';
export { type NodeVerdict, verdictsOfOtherNodes } from './explain/other-nodes.ts';
export { enginesOf, type LpEngines, LpUnprovenError, loadEngines } from './lp/engines.ts';
export { makeFrontier } from './make-frontier.ts';
export { makePlan, type PlanContext, type PlanRequest } from './make-plan.ts';
export { statedPlan } from './plan/stated-plan.ts';
export { amendRequest } from './plan-again.ts';
export { frontierInWorker, planInWorker, SolverWorkerError, type WorkerOptions } from './plan-in-worker.ts';
export { PlanRefusedError } from './plan-within.ts';
export { serveWorker } from './serve-worker.ts';
export {
  ALLOWABLE,
  type Allowable,
  LIFTABLE_RULES,
  type Lift,
  type LiftableRule,
  lifted,
  nameOfLift,
} from './what-if/lift.ts';
export { compareLifted, type LiftedPlan, liftSets, type WhatIfCase } from './what-if/what-if.ts';
