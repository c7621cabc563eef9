import type { PodTerm } from './pod-terms.ts';
import type { PodView } from './views.ts';

/** What was put under a hint (`PodTerm.hint`) or under none. */
export class HintIndex<Value> {
  readonly #byHint = new Map<string | null, Value[]>();

  add(hint: string | null, value: Value): void {
    const values = this.#byHint.get(hint);
    if (values === undefined) this.#byHint.set(hint, [value]);
    else values.push(value);
  }

  under(hint: string | null): readonly Value[] {
    return this.#byHint.get(hint) ?? [];
  }
}

/** Something for each of many terms, found by a pod without asking them all. */
export class TermIndex<Value> {
  readonly #entries = new HintIndex<{ readonly term: PodTerm; readonly value: Value }>();

  add(term: PodTerm, value: Value): void {
    this.#entries.add(term.hint, { term, value });
  }

  /** Of every term that matches the pod. */
  matching(pod: PodView): Value[] {
    const hints = [null, ...Object.entries(pod.labels).map(([key, value]) => `${key}=${value}`)];
    return hints
      .flatMap((hint) => this.#entries.under(hint))
      .filter(({ term }) => term.matches(pod))
      .map(({ value }) => value);
  }
}
