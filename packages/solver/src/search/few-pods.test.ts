import { DEFAULT_POLICY } from '@restow/model';
import { buildNode, buildPod, buildPriceBook, buildSnapshot } from '@restow/testkit';
import { expect, test } from 'vitest';
import { loadEngines } from '../lp/engines.ts';
import { makePlan } from '../make-plan.ts';

test('of what costs the same, nodes that are there are filled before others are launched', async () => {
  const engines = await loadEngines();
  const machine = { gib: 64, pods: 20 };
  const book = buildPriceBook([
    { ...machine, instanceType: 'large', cores: 8, microsPerHour: 384_000 },
    { ...machine, instanceType: 'small', cores: 2, microsPerHour: 96_000 },
  ]);
  // The small one is empty, so that all pods move whatever happens; two small ones hold them.
  for (const empty of [0, 2, 4]) {
    const nodes = Array.from({ length: 5 }, (_, k) => {
      const [instanceType, cpu] = k === empty ? ['small', 2_000] : ['large', 8_000];
      return buildNode(`node-${k}`, { instanceType, allocatable: { cpu, memory: 64 * 2 ** 30, pods: 20 } });
    });
    const homes = nodes.filter((_, k) => k !== empty);
    const pods = [0, 0, 1, 2, 3].map((home, k) =>
      buildPod(`web-${k}`, homes[home]!.name, { requests: { cpu: 600, memory: 2 ** 29 } }),
    );
    const request = { snapshot: buildSnapshot({ nodes, pods }), book, policy: DEFAULT_POLICY, seed: 1 };
    const context = { engines, now: () => 0, stop: () => null, onProgress: () => {} };
    const { nodes: counts } = makePlan({ ...request, effort: 'quick' }, context).summary;
    expect(counts).toMatchObject({ launched: 1, removed: 4, after: 2 });
  }
});
