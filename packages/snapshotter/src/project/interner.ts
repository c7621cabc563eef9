/** Keeps one of all objects that say the same: pods of one owner are alike in most of what is kept of them. */
export class Interner {
  readonly #known = new Map<string, unknown>();

  one<Value extends object>(value: Value): Value {
    const key = JSON.stringify(value);
    const known = this.#known.get(key);
    if (known !== undefined) return known as Value;
    this.#known.set(key, value);
    return value;
  }
}
