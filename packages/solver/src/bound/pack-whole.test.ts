import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Container } from './containers.ts';
import { packWhole } from './pack-whole.ts';

interface Question {
  /** Room for two resources, of each node. */
  readonly nodes: readonly (readonly [number, number])[];
  /** What a pod of each class takes, and how many there are. */
  readonly classes: readonly { readonly amounts: readonly [number, number]; readonly pods: number }[];
}

const amount = fc.integer({ min: 0, max: 5 });
const question: fc.Arbitrary<Question> = fc.record({
  nodes: fc.array(fc.tuple(fc.integer({ min: 4, max: 9 }), fc.integer({ min: 4, max: 9 })), {
    minLength: 2,
    maxLength: 3,
  }),
  classes: fc.array(fc.record({ amounts: fc.tuple(amount, amount), pods: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 4,
  }),
});

/** Whether there is a place for every pod, by trying all. */
function canHold({ nodes, classes }: Question): boolean {
  const pods = classes.flatMap(({ amounts, pods }) => Array.from({ length: pods }, () => amounts));
  const free = nodes.map((room) => [...room]);
  const place = (index: number): boolean => {
    const pod = pods[index];
    if (pod === undefined) return true;
    return free.some((room) => {
      if (pod.some((amount, r) => amount > room[r]!)) return false;
      pod.forEach((amount, r) => {
        room[r]! -= amount;
      });
      const isPlaced = place(index + 1);
      pod.forEach((amount, r) => {
        room[r]! += amount;
      });
      return isPlaced;
    });
  };
  return place(0);
}

function packed({ nodes, classes }: Question, most: (c: number) => number = () => 9) {
  const containers = nodes.map(
    (room, k): Container => ({
      microsPerHour: 1,
      capacity: Float64Array.from(room),
      most: Int32Array.from(classes, (_, c) => most(c)),
      count: 1,
      kind: k,
      nodes: [],
    }),
  );
  const bounded = classes.map(({ amounts, pods }, index) => ({
    index,
    dims: Int32Array.of(0, 1),
    amounts: Float64Array.from(amounts),
    pods: { length: pods },
  }));
  const worth = classes.map(({ amounts }) => amounts[0] + amounts[1]);
  const problem = { classes: bounded, boundResources: [true, true] };
  return packWhole(problem, containers, new Int32Array(nodes.length).fill(1), worth, [], 20_000);
}

test('what is packed has all pods once and no node too full, and is nearly always found where trying all finds it', () => {
  let possible = 0;
  let found = 0;
  fc.assert(
    fc.property(question, (one) => {
      const contents = packed(one);
      const can = canHold(one);
      if (can) possible++;
      if (contents === null) return;
      found++;
      expect(can).toBe(true);
      const held = one.classes.map(() => 0);
      for (const { container, classes, counts, times } of contents) {
        expect(times).toBe(1);
        const use = [0, 0];
        classes.forEach((c, k) => {
          held[c]! += counts[k]!;
          one.classes[c]!.amounts.forEach((amount, r) => {
            use[r]! += counts[k]! * amount;
          });
        });
        expect(use.every((value, r) => value <= one.nodes[container]![r]!)).toBe(true);
      }
      expect(held).toEqual(one.classes.map(({ pods }) => pods));
    }),
    { numRuns: 500 },
  );
  expect(possible).toBeGreaterThan(100);
  expect(found).toBeGreaterThan(0.98 * possible);
});

test('no more of a class come together than may', () => {
  const one: Question = {
    nodes: [
      [9, 9],
      [9, 9],
    ],
    classes: [{ amounts: [1, 1], pods: 2 }],
  };
  expect(packed(one, () => 1)!.map(({ counts }) => counts)).toEqual([[1], [1]]);
  expect(packed({ ...one, classes: [{ amounts: [1, 1], pods: 3 }] }, () => 1)).toBe(null);
});
