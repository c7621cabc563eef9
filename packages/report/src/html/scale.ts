/** Round amounts up to the first that is not below `most`, four or five of them. */
export function gridOf(most: number): { readonly lines: readonly number[]; readonly top: number } {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough)!;
  const count = Math.ceil(most / step);
  return { lines: Array.from({ length: count + 1 }, (_, index) => index * step), top: count * step };
}

/** A coordinate: never outside on the left or above, and no longer than it must be. */
export function fixed(value: number): number {
  return Math.round(Math.max(0, value) * 100) / 100;
}
