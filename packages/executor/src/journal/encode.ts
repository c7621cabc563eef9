import { createHash } from 'node:crypto';
import { canonicalJson } from '@restow/model';
import { z } from 'zod';
import { JournalError } from '../errors.ts';
import { type JournalRecord, recordSchema } from './record.ts';

const VERSION = 1;
const lineSchema = z.strictObject({ v: z.int(), seq: z.int(), sum: z.string(), record: z.unknown() });

/** Where a journal stands: the number of its last record and the checksum that the next one continues. */
export interface JournalEnd {
  readonly seq: number;
  readonly sum: string;
}

export const EMPTY_JOURNAL: JournalEnd = { seq: 0, sum: '' };

/** One line: the record with its number and a checksum over itself and, through the one before, all that came earlier. */
export function encodeRecord(
  record: JournalRecord,
  end: JournalEnd,
): { readonly line: string; readonly end: JournalEnd } {
  const seq = end.seq + 1;
  const sum = checksum(end.sum, seq, record);
  return { line: `${JSON.stringify({ v: VERSION, seq, sum, record })}\n`, end: { seq, sum } };
}

export interface DecodedJournal {
  readonly records: readonly JournalRecord[];
  readonly end: JournalEnd;
  /** Length of what is sound; what follows was torn by a crash and was never acted upon. */
  readonly soundBytes: number;
  readonly notes: readonly string[];
}

/**
 * Reads a journal's lines. Healed, with a note: a last record that is torn (its act had not begun, for a record is whole
 * on disk before its act begins), and a record that stands there twice in a row. Everything else that is not as it was
 * written is refused: a damaged, missing or foreign record, one run's records after another's, a newer version.
 */
export function decodeJournal(bytes: Uint8Array, name: string): DecodedJournal {
  const text = Buffer.from(bytes).toString('utf8');
  const lines = text.split('\n');
  const tail = lines.pop()!;
  const notes: string[] = [];
  const records: JournalRecord[] = [];
  let end = EMPTY_JOURNAL;
  let soundBytes = 0;
  let last = '';
  for (const [index, line] of lines.entries()) {
    const where = `${name}: record ${index + 1}`;
    if (line === last && line !== '') {
      notes.push(`${where} stands there twice; the second one is left out`);
      soundBytes += Buffer.byteLength(line) + 1;
      continue;
    }
    const read = readLine(line, end, where);
    if (typeof read === 'string') {
      if (index < lines.length - 1 || tail !== '') throw new JournalError('DAMAGED', `${read}; ${HELP}`);
      notes.push(`${read}; it is the last one and is taken as torn by a crash`);
      return { records, end, soundBytes, notes };
    }
    if (records.length === 0 ? read.record.type !== 'started' : read.record.type === 'started') {
      throw new JournalError('DAMAGED', `${where}: a run's first record is 'started', and only that; ${HELP}`);
    }
    records.push(read.record);
    end = read.end;
    last = line;
    soundBytes += Buffer.byteLength(line) + 1;
  }
  if (tail !== '') notes.push(`${name}: the last record was torn by a crash and is left out`);
  return { records, end, soundBytes, notes };
}

const HELP = 'the journal is not used; look at the cluster, then plan anew';

function readLine(
  line: string,
  before: JournalEnd,
  where: string,
): { readonly record: JournalRecord; readonly end: JournalEnd } | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return `${where} is not JSON`;
  }
  const envelope = lineSchema.safeParse(parsed);
  if (!envelope.success) return `${where} is no journal record`;
  const { v, seq, sum, record } = envelope.data;
  if (v !== VERSION) {
    throw new JournalError(
      'FOREIGN',
      `${where} is of version ${v}; this restow reads ${VERSION}: use the one that wrote it`,
    );
  }
  if (checksum(before.sum, seq, record) !== sum)
    return `${where} does not match its checksum, or does not follow the one before`;
  if (seq !== before.seq + 1) return `${where} is number ${seq}, expected ${before.seq + 1}`;
  const known = recordSchema.safeParse(record);
  if (!known.success) return `${where} is not understood (${known.error.issues[0]!.path.join('.')})`;
  return { record: known.data as JournalRecord, end: { seq, sum } };
}

function checksum(before: string, seq: number, record: unknown): string {
  return createHash('sha256')
    .update(`${before}\n${seq}\n${canonicalJson(record)}`)
    .digest('hex');
}
