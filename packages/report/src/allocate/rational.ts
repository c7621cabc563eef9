/** A sum of fractions, exact: numerators by denominator. */
export class RationalSum {
  readonly #parts = new Map<bigint, bigint>();

  add(numerator: bigint, denominator: bigint): void {
    this.#parts.set(denominator, (this.#parts.get(denominator) ?? 0n) + numerator);
  }

  addAll(other: RationalSum): void {
    for (const [denominator, numerator] of other.#parts) this.add(numerator, denominator);
  }

  /** As one fraction, in lowest terms. */
  get value(): { readonly numerator: bigint; readonly denominator: bigint } {
    let numerator = 0n;
    let denominator = 1n;
    for (const [below, above] of this.#parts) {
      numerator = numerator * below + above * denominator;
      denominator *= below;
      const common = greatestCommon(numerator < 0n ? -numerator : numerator, denominator);
      numerator /= common;
      denominator /= common;
    }
    return { numerator, denominator };
  }
}

function greatestCommon(one: bigint, other: bigint): bigint {
  let [a, b] = [one, other];
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? 1n : a;
}
