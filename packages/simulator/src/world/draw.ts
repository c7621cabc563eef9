import { createHash } from 'node:crypto';

/**
 * A number in [0, 1) that depends on the seed and on what it is drawn for, and not on what was drawn before: so a
 * simulation that is interrupted and taken up again draws the same ones.
 */
export function draw(seed: number, ...what: readonly (string | number)[]): number {
  return (
    createHash('sha256')
      .update([seed, ...what].join('\n'))
      .digest()
      .readUIntBE(0, 6) /
    2 ** 48
  );
}

export function drawBetween(least: number, most: number, seed: number, ...what: readonly (string | number)[]): number {
  return Math.round(least + draw(seed, ...what) * (most - least));
}

/** Time to the next event of a Poisson process. */
export function drawExponential(mean: number, seed: number, ...what: readonly (string | number)[]): number {
  return -Math.log(1 - draw(seed, ...what)) * mean;
}
