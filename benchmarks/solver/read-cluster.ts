import type { PriceBook, Snapshot } from '@restow/model';
import { buildPriceBook } from '@restow/pricing';
import { loadSnapshot, readBytes } from '@restow/snapshotter';

/** A cluster as `kubectl get` printed it, and prices from wherever `--prices` says, but from no cloud. */
export async function readCluster(dump: string, prices: string): Promise<{ snapshot: Snapshot; book: PriceBook }> {
  const snapshot = await loadSnapshot([dump], process.stdin);
  const readText = async (path: string) => (await readBytes(path, process.stdin)).toString('utf8');
  const readCloud = () => Promise.reject(new Error('a benchmark asks no cloud'));
  const book = await buildPriceBook({ sources: [prices], assumeRegion: null }, { readText, readCloud });
  return { snapshot, book };
}
