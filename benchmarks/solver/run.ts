import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { BenchCluster } from './plan-cluster.ts';

/**
 * Plans the comparison clusters of a data folder, and prints one JSON line for each.
 * Usage: npm run bench:solver -- --data FOLDER [--match REGEXP] [--effort normal] [--move-price 0]
 */
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    match: { type: 'string', default: '' },
    effort: { type: 'string', default: 'normal' },
    'move-price': { type: 'string', default: '0' },
  },
});
if (values.data === undefined) {
  process.stderr.write('usage: npm run bench:solver -- --data FOLDER [--match REGEXP] [--effort E] [--move-price X]\n');
  process.exit(2);
}
const clusters = resolve(values.data, 'clusters');
const wanted = new RegExp(values.match);
for (const file of readdirSync(clusters).filter((name) => name.endsWith('.json.gz') && wanted.test(name))) {
  const cluster = new BenchCluster(clusters, file);
  const { effort } = values;
  const { summary, seconds, rssMiB } = cluster.plan(['--effort', effort, '--move-price', values['move-price']]);
  cluster.close();
  const { before, after, bound } = summary.microsPerHour;
  process.stdout.write(
    `${JSON.stringify({
      case: file.replace('.json.gz', ''),
      method: `restow ${effort}`,
      pods: summary.pods,
      nodes: summary.nodes.before,
      microsPerHourBefore: before,
      microsPerHourAfter: after,
      bound,
      gap: Number(summary.gap?.toFixed(5)),
      objectiveGap: Number(summary.objectiveGap?.toFixed(5)),
      moves: summary.moves,
      seconds,
      rssMiB,
    })}\n`,
  );
}
