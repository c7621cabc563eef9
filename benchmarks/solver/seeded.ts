/**
 * Plans generated clusters: of up to some twenty pods, crowded with rules, half of which are broken at the start, or plain
 * ones of 1 to 100 pods. How many plans are proved optimal, and how far the others are from their bounds at most. One JSON line.
 * Usage: node benchmarks/solver/seeded.ts [--clusters 200] [--effort normal] [--plain] [--move-price X]
 */
import { parseArgs } from 'node:util';
import { DEFAULT_POLICY, type Effort } from '@restow/model';
import { loadEngines, makePlan } from '@restow/solver';
import { generateCluster, plainCluster } from '@restow/testkit';

const { values } = parseArgs({
  options: {
    clusters: { type: 'string', default: '200' },
    effort: { type: 'string', default: 'normal' },
    plain: { type: 'boolean', default: false },
    'move-price': { type: 'string', default: '0' },
  },
});
const clusters = Number(values.clusters);
const effort = values.effort as Effort;
const engines = await loadEngines();
const context = { engines, now: () => performance.now(), stop: () => null, onProgress: () => {} };
const policy = { ...DEFAULT_POLICY, movePrice: values['move-price'] };
const clusterOf = (seed: number) =>
  values.plain ? { ...plainCluster(1 + Math.floor((100 * seed) / clusters), seed + 1), policy } : generateCluster(seed);
let proved = 0;
let slowest = 0;
const gaps: number[] = [];
for (let seed = 0; seed < clusters; seed++) {
  const { summary } = makePlan({ ...clusterOf(seed), effort, seed: 1 }, context);
  const { status, gap, objectiveGap, solveMs } = summary;
  if (status === 'optimal') proved++;
  // Of the two bounds the tighter one counts: on nodes alone whatever moves, and with moves within their limit.
  gaps.push(
    status === 'optimal' ? 0 : Math.min(gap ?? Number.POSITIVE_INFINITY, objectiveGap ?? Number.POSITIVE_INFINITY),
  );
  slowest = Math.max(slowest, solveMs);
}
gaps.sort((a, b) => a - b);
const quantile = (part: number) => gaps[Math.min(gaps.length - 1, Math.floor(part * gaps.length))];
console.log(
  JSON.stringify({ clusters, effort, proved, median: quantile(0.5), p95: quantile(0.95), slowestMs: slowest }),
);
