import { open, readFile } from 'node:fs/promises';
import { PAGE_BYTES } from '../archive/zero-pages.ts';

/** Part of a process's memory: virtual addresses. */
export interface MemoryRange {
  readonly at: number;
  readonly length: number;
}

/** What no process writes. */
const OF_THE_KERNEL = /^\[(vdso|vvar.*|vsyscall)\]$/;
/** In `/proc/PID/smaps`: where a mapping lies, whether it is private, and what of it is the process's own. */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) [r-][w-][x-]([ps]) \S+ \S+ \S+ *(.*)$/;
const ANONYMOUS = /^Anonymous: +(\d+) kB$/;
/** A mapping of which less is in use is not looked through: runtimes reserve far more than they use. */
const LEAST_IN_USE = 1 / 64;
const KIB = 1024;

const ENTRY_BYTES = 8;
const ENTRIES_AT_ONCE = 2 ** 16;
/** Of the upper half of an entry. Source: Linux, Documentation/admin-guide/mm/pagemap. */
const IS_PRESENT = 2 ** 31;
const IS_OF_A_FILE = 2 ** 29;

/**
 * The memory that a checkpoint of the process would hold: its own pages that are there. Looked at while it runs, so that
 * what is read of it later may be something else. Memory that processes share is left out.
 */
export async function memoryOf(pid: number): Promise<readonly MemoryRange[]> {
  const pagemap = await open(`/proc/${pid}/pagemap`);
  try {
    const ranges: MemoryRange[] = [];
    for (const mapping of mappingsIn(await readFile(`/proc/${pid}/smaps`, 'utf8'))) {
      for await (const entries of entriesOf(pagemap, mapping)) addPresent(entries, ranges);
    }
    return ranges;
  } finally {
    await pagemap.close();
  }
}

/** The number by which a process is known where it runs. Source: Linux, `NSpid` in proc_pid_status(5). */
export async function innerPidOf(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const inner = /^NSpid:.*?(\d+)$/m.exec(status)?.[1];
  return inner === undefined ? null : Number(inner);
}

function mappingsIn(smaps: string): MemoryRange[] {
  const found: MemoryRange[] = [];
  let mapping: MemoryRange | null = null;
  for (const line of smaps.split('\n')) {
    const [, from, to, sharing, name = ''] = MAPPING.exec(line) ?? [];
    if (from !== undefined && to !== undefined) {
      const at = Number.parseInt(from, 16);
      const isOwn = sharing === 'p' && !OF_THE_KERNEL.test(name);
      mapping = isOwn ? { at, length: Number.parseInt(to, 16) - at } : null;
      continue;
    }
    const [, kib] = ANONYMOUS.exec(line) ?? [];
    if (kib !== undefined && mapping !== null && Number(kib) * KIB > mapping.length * LEAST_IN_USE) found.push(mapping);
  }
  return found;
}

interface Entries {
  readonly at: number;
  readonly bytes: Buffer;
}

async function* entriesOf(pagemap: Awaited<ReturnType<typeof open>>, { at, length }: MemoryRange) {
  const pages = length / PAGE_BYTES;
  const buffer = Buffer.allocUnsafe(Math.min(pages, ENTRIES_AT_ONCE) * ENTRY_BYTES);
  for (let page = 0; page < pages; page += ENTRIES_AT_ONCE) {
    const wanted = Math.min(pages - page, ENTRIES_AT_ONCE) * ENTRY_BYTES;
    const from = at + page * PAGE_BYTES;
    const { bytesRead } = await pagemap.read(buffer, 0, wanted, (from / PAGE_BYTES) * ENTRY_BYTES);
    yield { at: from, bytes: buffer.subarray(0, bytesRead) } satisfies Entries;
    if (bytesRead < wanted) return;
  }
}

function addPresent({ at, bytes }: Entries, ranges: MemoryRange[]): void {
  for (let entry = 0; entry < bytes.length; entry += ENTRY_BYTES) {
    const upper = bytes.readUInt32LE(entry + 4);
    if (upper < IS_PRESENT || (upper & IS_OF_A_FILE) !== 0) continue;
    const from = at + (entry / ENTRY_BYTES) * PAGE_BYTES;
    const last = ranges.at(-1);
    if (last !== undefined && last.at + last.length === from)
      ranges[ranges.length - 1] = { at: last.at, length: last.length + PAGE_BYTES };
    else ranges.push({ at: from, length: PAGE_BYTES });
  }
}
