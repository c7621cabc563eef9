import { API_VERSION, DEFAULT_POLICY, type PriceBook } from '@restow/model';
import { parsePriceFile } from '@restow/pricing';
import { exampleCluster, examplePrices } from '@restow/simulator';
import { snapshotOf } from '@restow/snapshotter';
import { planInWorker } from '@restow/solver';
import { showProgress } from '../progress.ts';
import { drawClusters } from '../render/cluster-bars.ts';
import { renderPlan } from '../render/plan-table.ts';

export interface DemoCommandOptions {
  readonly output: 'table' | 'json';
}

/** Plans the generated example cluster at its example prices. The same output every time. */
export async function runDemo(options: DemoCommandOptions): Promise<void> {
  const snapshot = snapshotOf([{ name: 'example cluster', document: exampleCluster() }]);
  const book: PriceBook = {
    apiVersion: API_VERSION,
    kind: 'PriceBook',
    currency: 'USD',
    sources: [{ name: 'file', asOf: null, assumed: false }],
    offerings: parsePriceFile(examplePrices(), 'example prices', 0),
  };
  const progress = showProgress(process.stderr);
  const plan = await planInWorker(
    { snapshot, book, policy: DEFAULT_POLICY, effort: 'normal', seed: 1 },
    { timeLimitMs: 120_000, signal: new AbortController().signal, onProgress: progress.show },
  );
  progress.end();
  const text =
    options.output === 'json'
      ? `${JSON.stringify(plan, null, 2)}\n`
      : `${drawClusters(snapshot, plan)}\n${renderPlan(plan, false)}`;
  process.stdout.write(text);
}
