import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const podSchema = z.strictObject({ namespace: z.string(), name: z.string(), uid: z.string() });
const peerSchema = z.strictObject({ node: z.string(), url: z.string() });
const addressSchema = z.strictObject({
  ip: z.string(),
  prefixLength: z.int(),
  mac: z.string(),
  origin: peerSchema,
});

const sourceSchema = z.strictObject({
  role: z.literal('source'),
  move: z.string(),
  pod: podSchema,
  target: peerSchema,
  /** `pid`: of its first process. */
  containers: z.array(z.strictObject({ name: z.string(), id: z.string(), pid: z.int() })),
  sandboxId: z.string(),
  hostInterface: z.string(),
  address: addressSchema,
  /** Its processes here are dead, and it can only go on from the archive. */
  killed: z.boolean(),
  /** null: the target has not got all of it. */
  sentBytes: z.int().nullable(),
  state: z.enum(['frozen', 'kept', 'thawed', 'gone', 'handed-back']),
});
/** What became of a pod that is to leave this node. Written before the act that it names. */
export type SourceRecord = z.infer<typeof sourceSchema>;

const targetSchema = z.strictObject({
  role: z.literal('target'),
  move: z.string(),
  pod: podSchema,
  source: z.string(),
  containers: z.array(z.string()),
  address: addressSchema,
  sizeBytes: z.int(),
  /** Milliseconds since the epoch. */
  expiresAt: z.int(),
  state: z.enum(['open', 'cancelled', 'committed']),
});
/** What became of a pod that is to come to this node; the shim's marks say the rest. */
export type TargetRecord = z.infer<typeof targetSchema>;

const recordSchema = z.discriminatedUnion('role', [sourceSchema, targetSchema]);
export type MoveRecord = z.infer<typeof recordSchema>;

/**
 * The agent's journal: one file for each move that it has to do with, in memory like everything that the moves are about.
 * A reboot ends both; an agent that was killed reads what it was doing.
 */
export class MoveRecords {
  readonly #folder: string;
  readonly #records = new Map<string, MoveRecord>();

  constructor(stateFolder: string) {
    this.#folder = join(stateFolder, 'moves');
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(this.#folder)) {
      if (!name.endsWith('.json')) continue;
      const record = recordSchema.parse(JSON.parse(readFileSync(join(this.#folder, name), 'utf8')));
      this.#records.set(record.move, record);
    }
  }

  all(): readonly MoveRecord[] {
    return [...this.#records.values()];
  }

  source(move: string): SourceRecord | null {
    const record = this.#records.get(move);
    return record?.role === 'source' ? record : null;
  }

  target(move: string): TargetRecord | null {
    const record = this.#records.get(move);
    return record?.role === 'target' ? record : null;
  }

  /** Whole or not at all. */
  write(record: MoveRecord): void {
    const file = join(this.#folder, `${record.move}.json`);
    writeFileSync(`${file}.partial`, JSON.stringify(record), { mode: 0o600 });
    renameSync(`${file}.partial`, file);
    this.#records.set(record.move, record);
  }

  forget(move: string): void {
    rmSync(join(this.#folder, `${move}.json`), { force: true });
    this.#records.delete(move);
  }
}
