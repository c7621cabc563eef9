/** Keeps one of all objects that say the same: pods of one owner are alike in most of what is kept of them. */
export class Interner {
  readonly #known = new Map<string, unknown>();
  readonly #kept = new WeakSet<object>();

  one<Value extends object>(value: Value): Value {
    if (this.#kept.has(value)) return value;
    const key = JSON.stringify(value);
    const known = this.#known.get(key);
    if (known !== undefined) return known as Value;
    this.#known.set(key, value);
    this.#kept.add(value);
    return value;
  }
}
