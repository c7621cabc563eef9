import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { z } from 'zod';
import { PAGE_BYTES } from '../archive/zero-pages.ts';
import { runProgram } from '../host/run-program.ts';
import type { MemoryCopy, Part } from './memory-copy.ts';
import { IN_PARENT, IS_PRESENT, type PagemapEntry, readPagemap, writePagemap } from './pagemap-image.ts';

/** Where CRIU puts its images below a container's archive, and where it looks for those that were taken before. */
export const CHECKPOINT = 'checkpoint';
export const PARENT = `${CHECKPOINT}/parent`;
const READ_BYTES = 4 * 2 ** 20;
const COMPARE_MS = 120_000;

export interface Delta {
  /** What is in this folder takes the place of what the archive has under the same path. */
  readonly folder: string;
  /** Copies that became part of it, by their path in the archive: the other side has them already. */
  readonly ahead: ReadonlyMap<string, MemoryCopy>;
  /** Checksums of the images that were looked at, by their path in the archive. */
  readonly checksums: ReadonlyMap<string, number>;
}

/**
 * Makes of a checkpoint one that is taken on top of a copy of the memory: with only the pages that are not the same, byte
 * by byte, as in the copy. The checkpoint itself stays what it is. Source: CRIU, incremental dumps.
 */
export async function deltaOf(
  shim: string,
  archive: string,
  copies: ReadonlyMap<number, MemoryCopy>,
  folder: string,
): Promise<Delta> {
  const ahead = new Map<string, MemoryCopy>();
  const checksums = new Map<string, number>();
  await mkdir(join(folder, PARENT), { recursive: true, mode: 0o700 });
  for (const name of await readdir(join(archive, CHECKPOINT))) {
    const pid = Number(/^pagemap-(\d+)\.img$/.exec(name)?.[1]);
    const copy = copies.get(pid);
    if (copy === undefined) continue;
    const image = readPagemap(await readFile(join(archive, CHECKPOINT, name)));
    if (image === null || image.entries.some(({ flags }) => (flags & IS_PRESENT) === 0)) continue;
    const pages = `${CHECKPOINT}/pages-${image.pagesId}.img`;
    const segments = segmentsOf(image.entries, copy.parts);
    const request = { pages: join(archive, pages), copied: copy.file, into: join(folder, pages), segments };
    const input = JSON.stringify(request);
    const answer = await runProgram([shim, 'restow-compare'], { limitMs: COMPARE_MS, input });
    const { same, checksum } = comparisonSchema.parse(JSON.parse(answer));
    const entries = entriesOf(image.entries, same);
    const put = (path: string, bytes: Buffer) => writeFile(join(folder, path), bytes, { mode: 0o600 });
    await put(`${CHECKPOINT}/${name}`, writePagemap({ ...image, entries }));
    const before = copy.parts.map(({ at, length }) => ({ at, pages: length / PAGE_BYTES, flags: IS_PRESENT }));
    await put(`${PARENT}/${name}`, writePagemap({ ...image, pagesId: pid, entries: before }));
    ahead.set(`${PARENT}/pages-${pid}.img`, copy);
    checksums.set(pages, checksum);
  }
  return { folder, ahead, checksums };
}

/** Of a file that was part of a checkpoint: whether it is still what it was. */
export async function isUnchanged(file: string, checksum: number): Promise<boolean> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    let sum = 0;
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    for (let at = 0; at < size; at += READ_BYTES) {
      const { bytesRead } = await handle.read(buffer, 0, Math.min(READ_BYTES, size - at), at);
      sum = crc32(buffer.subarray(0, bytesRead), sum);
    }
    return sum === checksum;
  } finally {
    await handle.close();
  }
}

const comparisonSchema = z.strictObject({
  same: z.array(z.tuple([z.int().nonnegative(), z.int().positive()])),
  checksum: z.int().nonnegative(),
});

/** Place and length in the image, and place in the copy (`shim/compare.go`). */
type Segment = readonly [place: number, length: number, from: number];

/** What of an image is in the copy, if it has not changed. Both are ordered by address. */
function segmentsOf(entries: readonly PagemapEntry[], parts: readonly Part[]): Segment[] {
  const segments: Segment[] = [];
  let place = 0;
  let first = 0;
  for (const { at, pages } of entries) {
    const end = at + pages * PAGE_BYTES;
    while (first < parts.length && parts[first]!.at + parts[first]!.length <= at) first++;
    for (let index = first; index < parts.length && parts[index]!.at < end; index++) {
      const part = parts[index]!;
      const from = Math.max(at, part.at);
      const to = Math.min(end, part.at + part.length);
      segments.push([place + from - at, to - from, part.from + from - part.at]);
    }
    place += end - at;
  }
  return segments;
}

/** The image's entries, those cut off and said to be in the parent that are the same there. */
function entriesOf(entries: readonly PagemapEntry[], same: readonly (readonly [number, number])[]): PagemapEntry[] {
  const result: PagemapEntry[] = [];
  let place = 0;
  let next = 0;
  for (const { at, pages, flags } of entries) {
    const end = place + pages * PAGE_BYTES;
    const add = (from: number, to: number, own: number) => {
      if (to > from) result.push({ at: at + from - place, pages: (to - from) / PAGE_BYTES, flags: own });
    };
    let from = place;
    for (; next < same.length && same[next]![0] < end; next++) {
      const [start, length] = same[next]!;
      add(from, start, flags);
      from = Math.min(start + length, end);
      add(Math.max(start, place), from, IN_PARENT);
      // It goes on in the entry that comes next.
      if (start + length > end) break;
    }
    add(from, end, flags);
    place = end;
  }
  return result;
}
