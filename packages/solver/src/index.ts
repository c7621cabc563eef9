export { type CheckedMove, type CheckInput, checkPlan, type LaunchedNode } from './check/check-plan.ts';
export { type NodeVerdict, verdictsOfOtherNodes } from './explain/other-nodes.ts';
export { enginesOf, type LpEngines, LpUnprovenError, loadEngines } from './lp/engines.ts';
export { makePlan, type PlanContext, PlanRefusedError, type PlanRequest } from './make-plan.ts';
export { amendRequest } from './plan-again.ts';
export { planInWorker, SolverWorkerError, type WorkerOptions } from './plan-in-worker.ts';
export { serveWorker } from './serve-worker.ts';
