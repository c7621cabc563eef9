import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkPlanFile } from './check-plan-file.ts';

/**
 * Plans the comparison clusters of a data folder through the real command, checks each plan naively, and prints one JSON
 * line for each.
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
const restow = resolve(import.meta.dirname, '../../packages/cli/bin/restow.js');
for (const file of readdirSync(clusters).filter(
  (name) => name.endsWith('.json.gz') && new RegExp(values.match).test(name),
)) {
  const folder = mkdtempSync(join(tmpdir(), 'restow-bench-'));
  execFileSync(process.execPath, [join(clusters, 'to-kubectl-dump.mjs'), join(clusters, file), folder]);
  const plan = join(folder, 'plan.json');
  const args = [
    'plan',
    '-f',
    join(folder, 'dump.json.gz'),
    '--prices',
    `file:${join(folder, 'prices.csv')}`,
    '--save',
    plan,
  ];
  const started = performance.now();
  // The peak of resident memory is the child's own word, printed as it ends.
  const peak = `process.on('exit', () => process.stderr.write('\\nrss ' + process.resourceUsage().maxRSS))`;
  const { stderr, status } = spawnSync(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(peak)}`,
      restow,
      ...args,
      '--effort',
      values.effort,
      '--move-price',
      values['move-price'],
    ],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0) throw new Error(`${file}: ${stderr}`);
  const wrong = checkPlanFile(join(folder, 'dump.json.gz'), join(folder, 'prices.csv'), plan);
  if (wrong.length > 0) throw new Error(`${file}: ${wrong.length} problems, first: ${wrong[0]}`);
  const { summary } = JSON.parse(readFileSync(plan, 'utf8'));
  const rssMiB = Math.round(Number(/rss (\d+)/.exec(stderr)?.[1]) / 1024);
  const { before, after, bound } = summary.microsPerHour;
  process.stdout.write(
    `${JSON.stringify({
      case: file.replace('.json.gz', ''),
      method: `restow ${values.effort}`,
      pods: summary.pods,
      nodes: summary.nodes.before,
      microsPerHourBefore: before,
      microsPerHourAfter: after,
      bound,
      gap: Number(summary.gap.toFixed(5)),
      objectiveGap: Number(summary.objectiveGap.toFixed(5)),
      moves: summary.moves,
      seconds: Number(seconds.toFixed(1)),
      rssMiB,
    })}\n`,
  );
  rmSync(folder, { recursive: true, force: true });
}
