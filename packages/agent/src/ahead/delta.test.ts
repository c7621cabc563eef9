import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leftOut, shimBinary } from '@restow/testkit';
import fc from 'fast-check';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { PAGE_BYTES } from '../archive/zero-pages.ts';
import { deltaOf, isUnchanged } from './delta.ts';
import { IN_PARENT, IS_PRESENT, type PagemapEntry, readPagemap, writePagemap } from './pagemap-image.ts';

const START = 0x7f00_0000_0000;
/** As CRIU 4.2 has it for what it could also fetch later. */
const FLAGS = IS_PRESENT | 2;
const PID = 7;
const MAGIC = Buffer.from('1943565425400856', 'hex');

const why = leftOut();
let shim: string;
let folder: string;
beforeAll(async () => {
  if (why === null) shim = await shimBinary();
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'restow-delta-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What CRIU would put into memory: each page by its address, from an image and the one below it. */
function restored(images: string): ReadonlyMap<number, Buffer> {
  const read = (below: string) => {
    const pagemap = readPagemap(readFileSync(join(images, below, `pagemap-${PID}.img`)))!;
    expect(pagemap.magic).toEqual(MAGIC);
    const bytes = readFileSync(join(images, below, `pages-${pagemap.pagesId}.img`));
    const pages = new Map<number, Buffer | null>();
    let place = 0;
    for (const { at, pages: count, flags } of pagemap.entries) {
      for (let page = 0; page < count; page++) {
        const isHere = (flags & IS_PRESENT) !== 0;
        pages.set(at + page * PAGE_BYTES, isHere ? bytes.subarray(place, place + PAGE_BYTES) : null);
        if (isHere) place += PAGE_BYTES;
      }
    }
    expect(place).toBe(bytes.length);
    return pages;
  };
  const before = read('parent');
  return new Map([...read('')].map(([at, page]) => [at, page ?? before.get(at)!]));
}

describe.skipIf(why !== null)(why ?? 'what is sent of a checkpoint', () => {
  test('a checkpoint on top of a copy is the checkpoint, and has only what has changed', async () => {
    const page = fc.record({
      fill: fc.integer({ min: 0, max: 3 }),
      gap: fc.boolean(),
      change: fc.boolean(),
      isNew: fc.boolean(),
      isGone: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(page, { maxLength: 60 }), async (drawn) => {
        rmSync(folder, { recursive: true, force: true });
        const entries: PagemapEntry[] = [];
        const parts: { at: number; length: number; from: number }[] = [];
        const then: Buffer[] = [];
        const now = new Map<number, Buffer>();
        let at = START;
        let changed = 0;
        for (const [index, { fill, gap, change, isNew, isGone }] of drawn.entries()) {
          if (gap) at += 3 * PAGE_BYTES;
          const before = Buffer.alloc(PAGE_BYTES, fill);
          const after = Buffer.from(before);
          if (change) after[(index * 97) % PAGE_BYTES]! ^= 0xff;
          if (!isNew) {
            const last = parts.at(-1);
            if (last !== undefined && last.at + last.length === at) last.length += PAGE_BYTES;
            else parts.push({ at, length: PAGE_BYTES, from: then.length * PAGE_BYTES });
            then.push(before);
          }
          if (!isGone) {
            const last = entries.at(-1);
            if (last !== undefined && last.at + last.pages * PAGE_BYTES === at)
              entries[entries.length - 1] = { ...last, pages: last.pages + 1 };
            else entries.push({ at, pages: 1, flags: FLAGS });
            now.set(at, after);
            if (isNew || change) changed++;
          }
          at += PAGE_BYTES;
        }
        const images = join(folder, 'archive/checkpoint');
        mkdirSync(images, { recursive: true });
        writeFileSync(join(images, 'pages-3.img'), Buffer.concat([...now.values()]));
        writeFileSync(join(images, `pagemap-${PID}.img`), writePagemap({ magic: MAGIC, pagesId: 3, entries }));
        const file = join(folder, `pages-${PID}.img`);
        writeFileSync(file, Buffer.concat(then));
        const copies = new Map([[PID, { file, sizeBytes: then.length * PAGE_BYTES, parts }]]);
        const delta = await deltaOf(shim, join(folder, 'archive'), copies, join(folder, 'delta'));
        const made = join(folder, 'delta/checkpoint');
        expect(readFileSync(join(made, 'pages-3.img'))).toHaveLength(changed * PAGE_BYTES);
        writeFileSync(join(made, 'parent', `pages-${PID}.img`), Buffer.concat(then));
        expect(restored(made)).toEqual(now);
        const flags = readPagemap(readFileSync(join(made, `pagemap-${PID}.img`)))!.entries.map((one) => one.flags);
        expect(flags.every((one) => one === IN_PARENT || one === FLAGS)).toBe(true);
        expect([...delta.ahead.keys()]).toEqual([`checkpoint/parent/pages-${PID}.img`]);
      }),
      { numRuns: 60 },
    );
  });

  test('an image that is changed after it was compared is found out', async () => {
    const images = join(folder, 'archive/checkpoint');
    mkdirSync(images, { recursive: true });
    const pages = join(images, 'pages-1.img');
    writeFileSync(pages, Buffer.alloc(2_000 * PAGE_BYTES, 1));
    const entries = [{ at: START, pages: 2_000, flags: FLAGS }];
    writeFileSync(join(images, `pagemap-${PID}.img`), writePagemap({ magic: MAGIC, pagesId: 1, entries }));
    const file = join(folder, 'copy');
    writeFileSync(file, '');
    const copies = new Map([[PID, { file, sizeBytes: 0, parts: [] }]]);
    const { checksums } = await deltaOf(shim, join(folder, 'archive'), copies, join(folder, 'delta'));
    const checksum = checksums.get('checkpoint/pages-1.img')!;
    expect(await isUnchanged(pages, checksum)).toBe(true);
    writeFileSync(pages, Buffer.alloc(1_999 * PAGE_BYTES, 1));
    expect(await isUnchanged(pages, checksum)).toBe(false);
  });

  test('a pagemap that is not understood is left as it is', async () => {
    const images = join(folder, 'archive/checkpoint');
    mkdirSync(images, { recursive: true });
    writeFileSync(join(images, `pagemap-${PID}.img`), Buffer.concat([MAGIC, Buffer.from([2, 0, 0, 0, 0x0a, 0x00])]));
    const file = join(folder, 'copy');
    writeFileSync(file, '');
    const copies = new Map([[PID, { file, sizeBytes: 0, parts: [] }]]);
    const { ahead, checksums } = await deltaOf(shim, join(folder, 'archive'), copies, join(folder, 'delta'));
    expect([ahead.size, checksums.size]).toEqual([0, 0]);
  });
});
