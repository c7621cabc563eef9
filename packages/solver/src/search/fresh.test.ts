import { DEFAULT_POLICY } from '@restow/model';
import { PriceLookup } from '@restow/pricing';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { expect, test } from 'vitest';
import { buildProblem } from '../problem/build-problem.ts';
import { packAfresh } from './fresh.ts';
import { guideOf } from './guide.ts';
import { Packing } from './packing.ts';
import { Random } from './random.ts';

test('what no new node holds stays where it is, and everything else is packed', () => {
  const asks = (cpu: number) => ({ requests: { cpu, memory: 2 ** 30 } });
  const snapshot = buildSnapshot({
    nodes: [buildNode('a', { instanceType: 'wide' }), buildNode('b'), buildNode('c')],
    pods: [
      buildPod('wide', 'a', asks(3_500)),
      buildPod('beside', 'a', asks(500)),
      buildPod('one', 'b', asks(500)),
      buildPod('two', 'c', asks(500)),
    ],
  });
  const machine = { gib: 16, pods: 20 };
  const book = buildPriceBook([
    { ...machine, instanceType: 'narrow', cores: 2, microsPerHour: 40_000 },
    { ...machine, instanceType: 'standard-4', cores: 4, microsPerHour: 100_000 },
    { ...machine, instanceType: 'wide', cores: 4, microsPerHour: 100_000 },
  ]);
  const policy = { ...DEFAULT_POLICY, launch: { ...DEFAULT_POLICY.launch, instanceTypes: ['narrow'] } };
  const problem = buildProblem(snapshot, book, new PriceLookup(book), policy);
  const packing = new Packing(problem);
  const guide = guideOf(problem, {
    duals: new Float64Array(problem.classes.length).fill(20_000),
    rowDuals: new Float64Array(0),
    rows: [],
  });
  const isPacked = packAfresh(
    packing,
    guide,
    () => [],
    new Random(1),
    false,
    () => false,
  );
  expect(isPacked).toBe(true);
  const home = problem.nodes.find(({ node }) => node.name === 'a')!.index;
  expect(packing.isOpen(home)).toBe(true);
  expect(
    problem.classes.filter(({ index }) => packing.count(home, index) > 0).flatMap(({ pods }) => pods),
  ).toContainEqual(snapshot.pods[0]);
  // Of node `a` half a core is left, which takes one of the others; the other two share a new node.
  expect(packing.microsPerHour).toBe(140_000);
});
