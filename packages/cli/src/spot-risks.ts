import { createHash } from 'node:crypto';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '@restow/model';
import type { Sourced, SpotRisk } from '@restow/pricing';
import { z } from 'zod';
import { accountDigest, pricesFolder } from './cloud-prices.ts';
import { cloudAt } from './clouds.ts';
import { writeWhole } from './write-file.ts';

const READ_MS = 180_000;
/** Clouds let only so many different questions of this kind be asked a day. */
const KEPT_MS = 6 * 3_600_000;

const keptSchema = z.strictObject({
  items: z.array(
    z.strictObject({
      instanceType: z.string(),
      zone: z.string().nullable(),
      placementScore: z.number().nullable(),
      priceSpread: z.number().nullable(),
    }),
  ),
  missing: z.array(z.string()),
});

/** How likely these types are to be had as spot and to stay; what a cloud has said in the last hours it is not asked again. */
export async function readSpotRisks(source: string, instanceTypes: readonly string[]): Promise<Sourced<SpotRisk>> {
  const found = cloudAt(source);
  if (found === null) throw new InputError(`--spot-risk goes with --prices of a cloud, and ${source} is none`);
  const asked = createHash('sha256')
    .update(JSON.stringify([source, [...instanceTypes].sort()]))
    .digest('hex');
  const file = join(pricesFolder(), `risk-${asked.slice(0, 12)}-${accountDigest(found.cloud.account)}.json`);
  const age =
    Date.now() -
    (await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    ));
  if (age < KEPT_MS) {
    const kept = keptSchema.safeParse(JSON.parse(await readFile(file, 'utf8')));
    if (kept.success) return kept.data;
  }
  const cloud = await found.cloud.prices(found.region);
  const risks = await cloud.risks(instanceTypes, AbortSignal.timeout(READ_MS));
  await mkdir(pricesFolder(), { recursive: true, mode: 0o700 });
  await writeWhole(file, JSON.stringify(risks));
  return risks;
}
