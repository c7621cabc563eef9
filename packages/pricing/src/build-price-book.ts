import { API_VERSION, InputError, type Offering, type PriceBook } from '@restow/model';
import { awsCatalogue } from './catalogue/aws.ts';
import { gcpCatalogue } from './catalogue/gcp.ts';
import { parsePriceFile } from './price-file.ts';
import type { CloudReport } from './sources.ts';

export interface PriceOptions {
  /** `builtin`, `file:PATH`, or a cloud's region such as `aws:us-east-1`, the most important first. Empty: `builtin`. */
  readonly sources: readonly string[];
  /** Nodes of regions without built-in prices are valued as if they were in this one. */
  readonly assumeRegion: string | null;
}

/** What comes from outside. */
export interface PriceReaders {
  readonly readText: (path: string) => Promise<string>;
  /** null: there is no such cloud. */
  readonly readCloud: (source: string) => Promise<CloudReport | null>;
}

/**
 * One price book from the sources asked for. Where price files or clouds are among them, what they have is exactly what
 * may be launched; the built-in catalogue, always asked last, then only values nodes that exist.
 */
export async function buildPriceBook(options: PriceOptions, readers: PriceReaders): Promise<PriceBook> {
  const sources: PriceBook['sources'][number][] = [];
  const offerings: Offering[] = [];
  const commitments: PriceBook['commitments'][number][] = [];
  const missing: string[] = [];
  const currencies = new Set<string>();
  for (const asked of options.sources.filter((one) => one !== 'builtin')) {
    const source = sources.length;
    if (asked.startsWith('file:')) {
      const path = asked.slice('file:'.length);
      offerings.push(...parsePriceFile(await readers.readText(path), path, source));
      sources.push({ name: 'file', asOf: null, assumed: false });
      continue;
    }
    const report = await readers.readCloud(asked);
    if (report === null)
      throw new InputError(
        `--prices ${asked}: expected 'builtin', 'file:PATH', 'aws:REGION' or 'gcp:REGION' such as aws:us-east-1`,
      );
    for (const offering of report.offerings) offerings.push({ ...offering, source, launchable: true });
    for (const commitment of report.commitments) commitments.push({ ...commitment, source });
    missing.push(...report.missing);
    currencies.add(report.currency);
    const { asOf, isStale } = report;
    sources.push({ name: asked, asOf, assumed: false, ...(isStale && { stale: true }) });
  }
  if (currencies.size > 1) throw new InputError(`--prices: ${[...currencies].join(' and ')} cannot be compared`);
  const [currency = 'USD'] = currencies;
  const launchable = sources.length === 0 || options.sources.includes('builtin');
  // Prices in another currency say nothing.
  const catalogues = currency === 'USD' ? await Promise.all([awsCatalogue(), gcpCatalogue()]) : [];
  const assumed = catalogues.find(({ region }) => region === options.assumeRegion);
  if (options.assumeRegion !== null && assumed === undefined) {
    const known = catalogues.map(({ region }) => region).join(', ');
    throw new InputError(`--assume-region ${options.assumeRegion}: there are built-in prices for ${known} only`);
  }
  for (const catalogue of catalogues) {
    const { name, asOf } = catalogue;
    for (const offering of catalogue.offerings) offerings.push({ ...offering, source: sources.length, launchable });
    sources.push({ name, asOf, assumed: false });
  }
  if (assumed !== undefined) {
    for (const offering of assumed.offerings) {
      offerings.push({ ...offering, region: null, source: sources.length, launchable });
    }
    sources.push({ name: `${assumed.name} (assumed elsewhere)`, asOf: assumed.asOf, assumed: true });
  }
  return { apiVersion: API_VERSION, kind: 'PriceBook', currency, sources, offerings, commitments, missing };
}
