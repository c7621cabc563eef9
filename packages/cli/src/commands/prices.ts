import { formatMicros, nanosToMicros, type PriceBook } from '@restow/model';
import { cloudAt } from '../clouds.ts';
import { readPolicy } from '../read-policy.ts';
import { readPrices } from '../read-prices.ts';
import { renderColumns } from '../render/columns.ts';
import { readSpotRisks } from '../spot-risks.ts';

export interface PricesOptions {
  readonly prices: readonly string[];
  readonly assumeRegion?: string;
  readonly policy?: string;
  readonly spotRisk: readonly string[];
  readonly output: 'table' | 'json';
}

const MOST_MISSING = 20;
const MS_PER_MINUTE = 60_000;

/** Shows where prices come from, how old they are, what is paid ahead, and what is missing. Changes nothing. */
export async function runPrices(options: PricesOptions): Promise<void> {
  if (options.spotRisk.length > 0) return showSpotRisks(options);
  const policy = await readPolicy(options.policy);
  const book = await readPrices({ sources: options.prices, assumeRegion: options.assumeRegion ?? null }, policy);
  process.stdout.write(
    options.output === 'json' ? `${JSON.stringify(book, null, 2)}\n` : renderPrices(book, new Date()),
  );
}

/** How likely machine types are to be had as spot, and how their prices have moved. */
async function showSpotRisks({ prices, spotRisk, output }: PricesOptions): Promise<void> {
  const [source = 'builtin'] = prices.filter((one) => cloudAt(one) !== null);
  const { items, missing } = await readSpotRisks(source, spotRisk);
  if (output === 'json') {
    process.stdout.write(`${JSON.stringify({ source, risks: items, missing }, null, 2)}\n`);
    return;
  }
  const rows = items.map(({ instanceType, zone, placementScore, priceSpread }) => [
    instanceType,
    zone ?? 'all',
    placementScore === null ? '-' : `${placementScore} of 10`,
    priceSpread === null ? '-' : `× ${priceSpread.toFixed(2)}`,
  ]);
  const unknown = missing.map((what) => `  ${what}\n`).join('');
  process.stdout.write(renderColumns([['TYPE', 'ZONE', 'TO BE HAD', 'PRICE MOVED'], ...rows]));
  if (missing.length > 0) process.stdout.write(`\nnot known (${missing.length})\n${unknown}`);
}

function renderPrices(book: PriceBook, now: Date): string {
  const { currency, sources, offerings, commitments, missing } = book;
  const rows = sources.map(({ name, asOf, assumed, stale }, index) => {
    const own = offerings.filter(({ source }) => source === index);
    const bases = [...new Set(own.map(({ basis }) => basis))].join(', ');
    const of = (type: string) => String(own.filter(({ capacityType }) => capacityType === type).length);
    const doubt = assumed ? ' (assumed)' : stale === true ? ' (does not answer)' : '';
    return [`${name}${doubt}`, age(asOf, now), bases, of('on-demand'), of('spot')];
  });
  const committed = commitments.map(({ id, kind, covers, amount, nanosPerHour, endsAt }) => {
    const what = [...covers.instanceTypes, ...covers.families].join(', ') || 'any machine type';
    const where = covers.zone ?? covers.region ?? 'any region';
    const much =
      amount.unit === 'machines'
        ? `${amount.count} ×`
        : amount.unit === 'sizes'
          ? `${amount.count / 4} units of`
          : 'spend on';
    const cost = nanosPerHour === null ? 'not known' : `${formatMicros(nanosToMicros(nanosPerHour), currency, 4)}/h`;
    return [id, kind, `${much} ${what}`, where, cost, endsAt ?? 'until it is cancelled'];
  });
  const parts = [renderColumns([['SOURCE', 'AGE', 'BASIS', 'ON-DEMAND', 'SPOT'], ...rows])];
  if (committed.length > 0)
    parts.push(`\n${renderColumns([['COMMITMENT', 'KIND', 'COVERS', 'WHERE', 'PAID', 'ENDS'], ...committed])}`);
  if (missing.length > 0) {
    const rest = missing.length > MOST_MISSING ? `  … and ${missing.length - MOST_MISSING} more (-o json)\n` : '';
    const shown = missing.slice(0, MOST_MISSING).map((what) => `  ${what}\n`);
    parts.push(`\nnot known (${missing.length})\n${shown.join('')}${rest}`);
  }
  return parts.join('');
}

function age(asOf: string | null, now: Date): string {
  if (asOf === null) return 'not said';
  const minutes = Math.floor((now.getTime() - Date.parse(asOf)) / MS_PER_MINUTE);
  if (minutes < 120) return `${minutes} min`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / (24 * 60))} d`;
}
