import type { Problem } from '../problem/problem.ts';

/** Problems with no more pods that may move than this are looked at by sets of pods, as long as there are not too many of these. */
const FEW_PODS = 24;
/** Where there are so many nodes that there are more triples of a node, a set and a part of it than this, they are not. */
const MOST_TRIPLES = 20e6;

/** All sets of the pods that may move, as numbers: so many of each class, because pods of a class are alike. A part's number taken from a set's is that of what is left. */
export class PodSets {
  /** Classes with pods that may move, without those that have no other place. */
  readonly classes: readonly number[];
  /** How many sets there are: the last one has all pods. */
  readonly size: number;
  readonly pods: number;
  readonly #strides: readonly number[];
  /** Set by set, how many it has of each of the classes. */
  readonly #counts: Uint8Array;

  constructor(classes: readonly number[], pods: readonly number[]) {
    this.classes = classes;
    this.pods = pods.reduce((sum, count) => sum + count, 0);
    const strides: number[] = [];
    let size = 1;
    for (const count of pods) {
      strides.push(size);
      size *= count + 1;
    }
    this.size = size;
    this.#strides = strides;
    this.#counts = new Uint8Array(size * classes.length);
    for (let set = 0; set < size; set++)
      for (const [at, stride] of strides.entries())
        this.#counts[set * classes.length + at] = Math.floor(set / stride) % (pods[at]! + 1);
  }

  /** How many the set has of the class at this position. */
  count(set: number, at: number): number {
    return this.#counts[set * this.classes.length + at]!;
  }

  /** One pod of the class at this position. */
  one(at: number): number {
    return this.#strides[at]!;
  }

  /** The position of the last class of which the set has any; -1: it is empty. */
  last(set: number): number {
    return this.#strides.findLastIndex((stride) => set >= stride);
  }

  /** Every part of a set, the empty one first. */
  within(set: number): number[] {
    const found = [0];
    for (const [at, stride] of this.#strides.entries()) {
      const before = found.length;
      for (let more = 1; more <= this.count(set, at); more++)
        for (let k = 0; k < before; k++) found.push(found[k]! + more * stride);
    }
    return found;
  }
}

/** The sets of a problem's pods; null: there are too many of them, or of nodes. */
export function podSetsOf({ classes, nodes, podReasons }: Problem): PodSets | null {
  const few = classes.filter(
    ({ pods }) => !pods.every(({ namespace, name }) => podReasons.has(`${namespace}/${name}`)),
  );
  const counts = few.map(({ pods }) => pods.length);
  if (counts.reduce((sum, count) => sum + count, 0) > FEW_PODS) return null;
  const parts = counts.reduce((product, count) => (product * (count + 1) * (count + 2)) / 2, 1);
  if (nodes.length * parts > MOST_TRIPLES) return null;
  return new PodSets(
    few.map(({ index }) => index),
    counts,
  );
}
