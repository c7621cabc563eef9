export { type CheckInput, type CheckedMove, checkPlan, type LaunchedNode } from './check/check-plan.ts';
export { loadEngines, LpUnprovenError } from './lp/engines.ts';
export { makePlan, type PlanContext, PlanRefusedError, type PlanRequest } from './make-plan.ts';
export { planInWorker, SolverWorkerError, type WorkerOptions } from './plan-in-worker.ts';
export { type NodeVerdict, verdictsOfOtherNodes } from './explain/other-nodes.ts';
