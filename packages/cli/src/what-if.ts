import { InputError } from '@restow/model';
import {
  ALLOWABLE,
  type Allowable,
  compareLifted,
  LIFTABLE_RULES,
  type Lift,
  type LiftableRule,
  type LiftedPlan,
  lifted,
  liftSets,
  nameOfLift,
  type PlanRequest,
  planInWorker,
  type WhatIfCase,
  type WorkerOptions,
} from '@restow/solver';

export interface LiftOptions {
  readonly allow: readonly string[];
  readonly withoutPdb: readonly string[];
  readonly withoutRule: readonly string[];
}

/** Throws InputError for what cannot be lifted. */
export function liftsOf({ allow, withoutPdb, withoutRule }: LiftOptions): Lift[] {
  const lifts: Lift[] = [
    ...split(allow).map((what) => ({ kind: 'allow' as const, what: known<Allowable>(what, ALLOWABLE, '--allow') })),
    ...withoutPdb.map((text) => ({ kind: 'budget' as const, ...budgetAt(text) })),
    ...split(withoutRule).map((rule) => {
      return { kind: 'rule' as const, rule: known<LiftableRule>(rule, LIFTABLE_RULES, '--without-rule') };
    }),
  ];
  return [...new Map(lifts.map((lift) => [nameOfLift(lift), lift])).values()];
}

/** Plans with all constraints, without each of them, and without all of them. Throws InputError for a budget that is not there. */
export async function planWithout(
  lifts: readonly Lift[],
  request: PlanRequest,
  options: WorkerOptions,
): Promise<WhatIfCase[]> {
  for (const lift of lifts) if (lift.kind === 'budget') refuseUnknownBudget(lift, request);
  const plans: LiftedPlan[] = [];
  for (const some of liftSets(lifts)) {
    const plan = await planInWorker(some.reduce(lifted, request), options);
    plans.push({ lifts: some, plan });
  }
  return compareLifted(plans);
}

function split(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split(',')).map((text) => text.trim());
}

function known<Name extends string>(text: string, names: readonly Name[], option: string): Name {
  const found = names.find((name) => name === text);
  if (found === undefined) throw new InputError(`${option} ${text}: expected one of ${names.join(', ')}`);
  return found;
}

function budgetAt(text: string): { namespace: string; name: string } {
  const [namespace, name, ...rest] = text.split('/');
  if (!namespace || !name || rest.length > 0) {
    throw new InputError(`--without-pdb ${text}: expected NAMESPACE/NAME of a PodDisruptionBudget`);
  }
  return { namespace, name };
}

function refuseUnknownBudget(
  { namespace, name }: { namespace: string; name: string },
  { snapshot }: PlanRequest,
): void {
  const budgets = snapshot.podDisruptionBudgets;
  if (budgets.some((one) => one.namespace === namespace && one.name === name)) return;
  throw new InputError(`--without-pdb ${namespace}/${name}: the cluster has no such PodDisruptionBudget`);
}
