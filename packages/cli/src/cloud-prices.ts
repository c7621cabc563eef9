import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { OutageError } from '@restow/executor';
import { commitmentSchema, offeringSchema } from '@restow/model';
import type { CloudReport } from '@restow/pricing';
import { z } from 'zod';
import { cloudAt } from './clouds.ts';
import { writeWhole } from './write-file.ts';

const READ_MS = 180_000;

const reportSchema = z.strictObject({
  currency: z.string(),
  asOf: z.iso.datetime(),
  offerings: z.array(offeringSchema.omit({ source: true, launchable: true })),
  commitments: z.array(commitmentSchema.omit({ source: true })),
  missing: z.array(z.string()),
});

/** What a cloud says of its prices now; where it does not answer, what it said last. null: there is no such cloud. */
export async function readCloud(source: string): Promise<CloudReport | null> {
  const found = cloudAt(source);
  if (found === null) return null;
  const cloud = await found.cloud.prices(found.region);
  const file = join(pricesFolder(), `${cloud.name.replace(':', '-')}-${accountDigest(found.cloud.account)}.json`);
  const signal = AbortSignal.timeout(READ_MS);
  try {
    const offerings = await cloud.offerings(signal);
    const commitments = await cloud.commitments(signal);
    const report = {
      currency: cloud.currency,
      asOf: new Date().toISOString(),
      offerings: [...offerings.items],
      commitments: [...commitments.items],
      missing: [...offerings.missing, ...commitments.missing],
    };
    await mkdir(pricesFolder(), { recursive: true, mode: 0o700 });
    await writeWhole(file, JSON.stringify(report));
    return { ...report, isStale: false };
  } catch (error) {
    if (!(error instanceof OutageError) && !signal.aborted) throw error;
    const text = await readFile(file, 'utf8').catch(() => null);
    const last = text === null ? null : reportSchema.safeParse(JSON.parse(text));
    if (last?.success !== true) throw error;
    const problem = `${cloud.name} does not answer (${(error as Error).message}): these are its prices of ${last.data.asOf}`;
    return { ...last.data, missing: [problem, ...last.data.missing], isStale: true };
  }
}

/** Where prices are kept. */
export function pricesFolder(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'restow', 'prices');
}

/** What one account pays is nothing to another: by what says which it is, and never by a secret. */
export function accountDigest(account: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify(account.map((name) => process.env[name] ?? '')))
    .digest('hex')
    .slice(0, 12);
}
