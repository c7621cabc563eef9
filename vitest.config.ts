import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What takes longest begins first, so that nothing is left to run alone in the end; what mostly waits for a cluster runs
 * beside what computes.
 */
const LONGEST = [
  'test/apply/contradicted',
  'test/plan/steadiness',
  'test/nodes/guards',
  'test/apply/killed',
  'test/clouds/apply-groups',
  'test/serve/',
  'test/evacuate/',
  'test/executor/killed',
  'test/nodes/migrate',
  'test/contracts/real',
  'test/oracle/',
  'test/apply/karpenter',
  'test/plan/',
  'test/cli/',
  'test/control-plane/',
  'test/nodes/',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = LONGEST.findIndex((part) => moduleId.includes(part));
      return found < 0 ? LONGEST.length : found;
    };
    return [...files].sort((one, other) => rank(one) - rank(other) || one.moduleId.localeCompare(other.moduleId));
  }
}

export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    sequence: { sequencer: LongestFirst },
    // One more than the cores that there may be: tests on a real cluster mostly wait for it.
    maxWorkers: 3,
    testTimeout: 480_000,
    hookTimeout: 120_000,
  },
});
