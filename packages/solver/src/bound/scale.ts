/** Costs in the linear programs are in cents, so that they are near one; micros per hour × SCALE. */
export const SCALE = 1e-4;
