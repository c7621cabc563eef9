/** Round amounts up to the first that is not below `most`, four or five of them. */
export function gridOf(most: number): { readonly lines: readonly number[]; readonly top: number } {
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough)!;
  const count = Math.ceil(most / step);
  return { lines: Array.from({ length: count + 1 }, (_, index) => index * step), top: count * step };
}
