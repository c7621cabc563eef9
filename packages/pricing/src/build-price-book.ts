import { API_VERSION, InputError, type Offering, type PriceBook } from '@restow/model';
import { awsCatalogue } from './catalogue/aws.ts';
import { gcpCatalogue } from './catalogue/gcp.ts';
import { parsePriceFile } from './price-file.ts';

export interface PriceOptions {
  /** `builtin` or `file:PATH`, the most important first. Empty: `builtin`. */
  readonly sources: readonly string[];
  /** Nodes of regions without built-in prices are valued as if they were in this one. */
  readonly assumeRegion: string | null;
}

/**
 * One price book from the sources asked for. Where a price file is among them, its rows are exactly what may be
 * launched; the built-in catalogue, always asked last, then only values nodes that exist.
 */
export async function buildPriceBook(
  options: PriceOptions,
  readText: (path: string) => Promise<string>,
): Promise<PriceBook> {
  const sources: PriceBook['sources'][number][] = [];
  const offerings: Offering[] = [];
  let fromFile = false;
  for (const source of options.sources) {
    if (source === 'builtin') continue;
    if (!source.startsWith('file:')) {
      throw new InputError(`--prices ${source}: expected 'builtin' or 'file:PATH'`);
    }
    const path = source.slice('file:'.length);
    offerings.push(...parsePriceFile(await readText(path), path, sources.length));
    sources.push({ name: 'file', asOf: null, assumed: false });
    fromFile = true;
  }
  const launchable = !fromFile || options.sources.includes('builtin');
  const catalogues = await Promise.all([awsCatalogue(), gcpCatalogue()]);
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
  return {
    apiVersion: API_VERSION,
    kind: 'PriceBook',
    currency: 'USD',
    sources,
    offerings,
    commitments: [],
    missing: [],
  };
}
