import { readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { methodOf, peerRuns } from './peers.ts';
import { drawFrontier } from './picture.ts';
import { BenchCluster } from './plan-cluster.ts';

/**
 * Plans clusters with each effort, and prints one JSON line for each cluster and method; what Karpenter reached on the same
 * cluster is printed beside it. Usage: see USAGE.
 */
const USAGE = `usage: npm run bench:solver -- (--data FOLDER [--match REGEXP] | --file DUMP.json.gz --prices SOURCE)
  [--effort quick,normal,thorough] [--move-price 0] [--time-limit 60s] [--other-methods] [--pictures FOLDER]`;
const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    match: { type: 'string', default: '' },
    file: { type: 'string' },
    prices: { type: 'string', default: 'builtin' },
    effort: { type: 'string', default: 'normal' },
    'move-price': { type: 'string', default: '0' },
    'time-limit': { type: 'string', default: '60s' },
    pictures: { type: 'string' },
    'other-methods': { type: 'boolean', default: false },
  },
});
const { data, file } = values;
if ((data === undefined) === (file === undefined)) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(2);
}

function* clusters(): Generator<readonly [name: string, cluster: BenchCluster]> {
  if (file !== undefined) {
    yield [basename(file).replace(/\.json(\.gz)?$/, ''), new BenchCluster(resolve(file), values.prices)];
    return;
  }
  const folder = resolve(data!, 'clusters');
  const wanted = new RegExp(values.match);
  for (const name of readdirSync(folder).filter((one) => one.endsWith('.json.gz') && wanted.test(one))) {
    yield [name.replace('.json.gz', ''), BenchCluster.ofData(folder, name)];
  }
}

const print = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
for (const [name, cluster] of clusters()) {
  const peers = peerRuns(name);
  let known: number | null = null;
  for (const effort of values.effort.split(',')) {
    const { summary, seconds, rssMiB } = cluster.plan([
      ...['--effort', effort, '--move-price', values['move-price'], '--time-limit', values['time-limit']],
    ]);
    const { before, after, bound } = summary.microsPerHour;
    known = Math.max(known ?? 0, bound);
    print({
      ...{ case: name, method: `restow ${effort}`, pods: summary.pods, nodes: summary.nodes.before },
      ...{ microsPerHourBefore: before, microsPerHourAfter: after, bound },
      ...{ gap: Number(summary.gap?.toFixed(5)), objectiveGap: Number(summary.objectiveGap?.toFixed(5)) },
      ...{ moves: summary.moves, seconds, rssMiB },
    });
  }
  for await (const run of values['other-methods'] ? cluster.otherMethods() : []) {
    const { method, microsPerHourAfter: after, bound, moves, seconds } = run;
    const least = bound ?? known;
    const gap = after === null || least === null ? null : Number((after / least - 1).toFixed(5));
    print({ case: name, method, microsPerHourAfter: after, bound: least, gap, objectiveGap: gap, moves, seconds });
  }
  for (const peer of peers) {
    const after = Math.round(peer.costAfter * 1e6);
    print({
      ...{ case: name, method: methodOf(peer), pods: peer.pods, nodes: peer.nodesBefore },
      ...{ microsPerHourBefore: Math.round(peer.costBefore * 1e6), microsPerHourAfter: after, bound: known },
      ...{ gap: known === null ? null : Number((after / known - 1).toFixed(5)), objectiveGap: null },
      ...{ moves: peer.evictions, seconds: peer.wallS, rssMiB: peer.peakRssMiB },
    });
  }
  if (values.pictures !== undefined) {
    const plans = cluster.frontier(['--effort', values.effort.split(',')[0]!, '--move-price', '0']);
    writeFileSync(join(values.pictures, `${name}.svg`), drawFrontier(name, plans, peers, known));
  }
  cluster.close();
}
