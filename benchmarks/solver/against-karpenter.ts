import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readPeerRuns } from './peers.ts';
import { BenchCluster, POLICY } from './plan-cluster.ts';

/**
 * Follows the paths that Karpenter took on the comparison clusters: what restow's plan costs with so many moves as Karpenter
 * had needed evictions for what it had reached by then, or with a share of them. One JSON line for each point.
 * Usage: npm run bench:against-karpenter -- --data FOLDER [--match REGEXP] [--points 20] [--share 1] [--effort normal]
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    match: { type: 'string', default: '' },
    points: { type: 'string', default: '20' },
    share: { type: 'string', default: '1' },
    effort: { type: 'string', default: 'normal' },
  },
});
if (values.data === undefined) {
  const usage =
    'npm run bench:against-karpenter -- --data FOLDER [--match REGEXP] [--points N] [--share X] [--effort E]';
  process.stderr.write(`usage: ${usage}\n`);
  process.exit(2);
}
const clusters = resolve(values.data, 'clusters');
const points = Number(values.points);
const share = Number(values.share);
/** Karpenter takes whatever saves anything, so the same is asked here. */
const NO_MINIMUM = { ...POLICY, minimumSavingFraction: 0 };
const wanted = new RegExp(values.match);

const paths = readPeerRuns(join(clusters, 'karpenter-results.jsonl'));

for (const { input, policy, spotToSpot, stopped, curve } of paths) {
  const file = `${input}.json.gz`;
  if (!wanted.test(`${input} ${policy}`) || !existsSync(join(clusters, file))) continue;
  const cluster = BenchCluster.ofData(clusters, file, NO_MINIMUM);
  const end = curve.at(-1)![1];
  for (let point = 1; point <= points; point++) {
    const evictions = Math.round((end * point) / points);
    const dollars = curve.findLast(([, needed]) => needed <= evictions)![2];
    const maxMoves = Math.floor(evictions * share);
    const { summary, seconds } = cluster.plan([
      ...['--effort', values.effort, '--move-price', '0', '--max-moves', String(maxMoves)],
    ]);
    const { before, after } = summary.microsPerHour;
    const theirs = Math.round(dollars * 1e6);
    process.stdout.write(
      `${JSON.stringify({
        case: input,
        policy,
        spotToSpot,
        stopped,
        evictions,
        maxMoves,
        microsPerHourBefore: before,
        microsPerHourKarpenter: theirs,
        microsPerHourAfter: after,
        bound: summary.objective?.bound ?? null,
        above: Number((after / theirs - 1).toFixed(5)),
        moves: summary.moves,
        seconds,
      })}\n`,
    );
  }
  cluster.close();
}
