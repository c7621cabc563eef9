import { DEFAULT_POLICY } from '@restow/model';
import { generateCluster, plainCluster } from '@restow/testkit';
import { expect, test } from 'vitest';
import { makePlan, type PlanRequest } from '../make-plan.ts';
import { enginesOf, loadEngines } from './engines.ts';
import type { LpEngine } from './port.ts';

const isSoak = process.env.RESTOW_SOAK === '1';
/** Parts of the objective, as that of a linear program. */
const TOLERANCE = 1e-6;

/** Solves everything twice, and notes where the two answers are two. */
function bothOf(one: LpEngine, other: LpEngine, differences: string[]): { engine: LpEngine; solved: () => number } {
  let solved = 0;
  const engine: LpEngine = {
    name: 'both',
    open: (rows, columns) => {
      const sessions = [one.open(rows, columns), other.open(rows, columns)] as const;
      return {
        addColumns: (more) => {
          for (const session of sessions) session.addColumns(more);
        },
        setRightHandSides: (values) => {
          for (const session of sessions) session.setRightHandSides(values);
        },
        close: () => {
          for (const session of sessions) session.close();
        },
        solve: () => {
          const [first, second] = [sessions[0].solve(), sessions[1].solve()];
          if (first.status === 'optimal' && second.status === 'optimal') {
            solved++;
            const apart = Math.abs(first.objective - second.objective);
            if (apart > TOLERANCE * Math.max(1, Math.abs(second.objective))) {
              differences.push(`${first.objective} and ${second.objective}`);
            }
          }
          return second;
        },
      };
    },
  };
  return { engine, solved: () => solved };
}

test('on every master that both engines solve they agree', { timeout: isSoak ? 3_600_000 : 300_000 }, async () => {
  const { small, large } = await loadEngines();
  const differences: string[] = [];
  const { engine, solved } = bothOf(small, large, differences);
  const engines = enginesOf(engine, engine);
  const requests: PlanRequest[] = [
    ...Array.from({ length: isSoak ? 400 : 30 }, (_, seed) => ({
      ...generateCluster(seed),
      effort: 'quick' as const,
      seed: 1,
    })),
    ...(isSoak ? [{ ...plainCluster(100), policy: DEFAULT_POLICY, effort: 'quick' as const, seed: 1 }] : []),
  ];
  for (const request of requests) {
    makePlan(request, { engines, now: () => 0, stop: () => null, onProgress: () => {} });
  }
  expect(differences).toEqual([]);
  expect(solved()).toBeGreaterThan(100);
});
