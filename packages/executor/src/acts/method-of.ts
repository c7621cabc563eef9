import type { Method, PlanStep } from '@restow/model';

/** By what the pod of a step is moved. */
export function methodOf({ method }: PlanStep): Method {
  return method ?? 'evict';
}
