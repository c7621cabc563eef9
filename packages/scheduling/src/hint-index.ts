import type { LabelSelector } from '@restow/model';
import type { PodView } from './views.ts';

/**
 * The label and value that every pod which a selector matches has, as `key=value`; null where there is none such. By it
 * terms are found for a pod, and pods for a term, without a look at all of them.
 */
export function hintOf(selector: LabelSelector): string | null {
  const first = selector === null ? undefined : Object.entries(selector.matchLabels)[0];
  return first === undefined ? null : `${first[0]}=${first[1]}`;
}

/** Everything that was put under a hint that a pod has, or under none. */
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

  *candidates({ labels }: Pick<PodView, 'labels'>): Generator<Value> {
    yield* this.under(null);
    for (const [key, value] of Object.entries(labels)) yield* this.under(`${key}=${value}`);
  }
}
