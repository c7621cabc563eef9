import type { LpAnswer, LpColumn, LpRow } from './port.ts';

/** How well an answer proves itself, by weak duality: nothing of it depends on the engine. */
export interface Certificate {
  /** Largest violation of a row or of x ≥ 0, relative to the row's size. */
  readonly primalViolation: number;
  /** Largest violation of a dual's sign or of a reduced cost ≥ 0, relative to the column's cost. */
  readonly dualViolation: number;
  /** |primal − dual objective| relative to the larger. */
  readonly gap: number;
}

const TOLERANCE = 1e-6;

export function certify(rows: readonly LpRow[], columns: readonly LpColumn[], answer: LpAnswer): Certificate {
  const activity = new Float64Array(rows.length);
  let primalViolation = 0;
  let dualViolation = 0;
  let primalObjective = 0;
  columns.forEach(({ cost, rows: indices, values }, j) => {
    const x = answer.primal[j]!;
    primalViolation = Math.max(primalViolation, -x);
    primalObjective += cost * x;
    let reduced = cost;
    for (let k = 0; k < indices.length; k++) {
      activity[indices[k]!]! += values[k]! * x;
      reduced -= values[k]! * answer.duals[indices[k]!]!;
    }
    dualViolation = Math.max(dualViolation, -reduced / Math.max(1, Math.abs(cost)));
  });
  let dualObjective = 0;
  rows.forEach(({ sense, rhs }, i) => {
    const sign = sense === '>=' ? 1 : -1;
    primalViolation = Math.max(primalViolation, (sign * (rhs - activity[i]!)) / Math.max(1, Math.abs(rhs)));
    dualViolation = Math.max(dualViolation, -sign * answer.duals[i]!);
    dualObjective += rhs * answer.duals[i]!;
  });
  const scale = Math.max(1, Math.abs(primalObjective), Math.abs(dualObjective));
  return { primalViolation, dualViolation, gap: Math.abs(primalObjective - dualObjective) / scale };
}

export function isProven({ primalViolation, dualViolation, gap }: Certificate): boolean {
  return primalViolation <= TOLERANCE && dualViolation <= TOLERANCE && gap <= TOLERANCE;
}
