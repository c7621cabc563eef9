import type { Plan } from '@restow/model';
import type { Lift } from './lift.ts';

/** A plan that was made without some constraints. */
export interface LiftedPlan {
  readonly lifts: readonly Lift[];
  readonly plan: Plan;
}

/** What a cluster would cost without some constraints. Money is in micro-units an hour. */
export interface WhatIfCase {
  readonly lifts: readonly Lift[];
  readonly microsPerHour: { readonly after: number; readonly bound: number };
  readonly moves: number;
  /**
   * By how much cheaper the cluster gets without the constraints than it can be with them: what was found, and between
   * what it is proven to be.
   */
  readonly saves: { readonly least: number; readonly found: number; readonly most: number };
}

/**
 * Compares plans that were made with more and more constraints lifted; the first lifts none. What is valid with a
 * constraint is valid without it, and what is proven without it is proven with it: so of plans of which one lifts all that
 * the other lifts, it gets the other's answer where that is cheaper, and gives the other its bound where that is higher.
 */
export function compareLifted(plans: readonly LiftedPlan[]): WhatIfCase[] {
  const costOf = ({ plan }: LiftedPlan) => plan.summary.microsPerHour.after;
  const cases = plans.map(({ lifts }) => {
    const stricter = plans.filter((one) => one.lifts.every((lift) => lifts.includes(lift)));
    const looser = plans.filter((one) => lifts.every((lift) => one.lifts.includes(lift)));
    const best = stricter.reduce((least, one) => (costOf(one) < costOf(least) ? one : least));
    const { moves, microsPerHour } = best.plan.summary;
    const bound = Math.max(...looser.map(({ plan }) => plan.summary.microsPerHour.bound));
    return { lifts, moves, microsPerHour: { after: microsPerHour.after, bound } };
  });
  const [asItIs] = cases;
  return cases.map((one) => {
    const { after, bound } = one.microsPerHour;
    const least = Math.max(0, asItIs!.microsPerHour.bound - after);
    const found = asItIs!.microsPerHour.after - after;
    return { ...one, saves: { least, found, most: asItIs!.microsPerHour.after - bound } };
  });
}

/** Which constraints to lift together: none, each alone, and all. */
export function liftSets(lifts: readonly Lift[]): (readonly Lift[])[] {
  return [[], ...lifts.map((lift) => [lift]), ...(lifts.length > 1 ? [lifts] : [])];
}
