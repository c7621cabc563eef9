import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { InputError } from '@restow/model';
import { z } from 'zod';
import { writeWhole } from '../write-file.ts';

const META_FILE = 'run.json';

const metaSchema = z.strictObject({
  runId: z.string(),
  /** Where the cluster is; kubeconfig null: as kubectl would find it. */
  kubeconfig: z.string().nullable(),
  context: z.string().nullable(),
  server: z.string(),
  prices: z.array(z.string()),
  assumeRegion: z.string().nullable(),
  /** Who is listened to about nodes that go. */
  notices: z.array(z.string()).default([]),
  /** A person with `restow apply`, or a schedule of `restow serve`, which goes on with it by itself. */
  startedBy: z.enum(['person', 'serve']).default('person'),
  /** What cannot be done as planned is planned again. */
  replans: z.boolean().default(true),
});

/** What a successor needs to know besides the journal. */
export type RunMeta = z.infer<typeof metaSchema>;

/** The folder of all runs: `$XDG_STATE_HOME/restow/runs`, by default under `~/.local/state`. */
export function runsFolder(): string {
  return join(process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'restow', 'runs');
}

export function journalOf(runId: string): string {
  return join(runsFolder(), runId, 'journal');
}

/** A name that sorts by time. */
export function newRunId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${randomBytes(2).toString('hex')}`;
}

export async function writeRunMeta(meta: RunMeta): Promise<void> {
  mkdirSync(join(runsFolder(), meta.runId), { recursive: true, mode: 0o700 });
  await writeWhole(join(runsFolder(), meta.runId, META_FILE), `${JSON.stringify(meta, null, 2)}\n`);
}

/** Throws InputError when there is no such run. */
export function readRunMeta(runId: string): RunMeta {
  const file = join(runsFolder(), runId, META_FILE);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new InputError(`there is no run ${runId} in ${runsFolder()} (restow runs lists those that there are)`);
  }
  const parsed = metaSchema.safeParse(JSON.parse(text));
  if (!parsed.success) throw new InputError('is not what restow has written there', { file });
  return parsed.data;
}

/** Oldest first. A folder without its first file is of a process that was killed before it began anything. */
export function listRunIds(): string[] {
  try {
    return readdirSync(runsFolder())
      .filter((runId) => existsSync(join(runsFolder(), runId, META_FILE)))
      .sort();
  } catch {
    return [];
  }
}
