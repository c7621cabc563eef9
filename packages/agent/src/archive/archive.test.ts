import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ArchiveWriter } from './archive-writer.ts';
import { type ManifestFile, PIECE_BYTES, writeManifest } from './manifest.ts';
import { sendArchive } from './send-archive.ts';
import { PAGE_BYTES } from './zero-pages.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'restow-archive-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, bytes: Uint8Array): void {
  mkdirSync(dirname(join(folder, 'from', path)), { recursive: true });
  writeFileSync(join(folder, 'from', path), bytes);
}

async function streamOf(names: readonly string[], ahead: readonly ManifestFile[] = []): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const write = async (bytes: Buffer) => {
    const index = chunks.push(bytes) - 1;
    // Until a write has ended, its bytes must stay what they are.
    await new Promise((resolve) => setImmediate(resolve));
    chunks[index] = Buffer.from(bytes);
  };
  const containers = names.map((name) => ({ name, folder: join(folder, 'from', name), instead: null, ahead }));
  await sendArchive(containers, async () => {}, { write, pace: async () => {} });
  return Buffer.concat(chunks);
}

/** In pieces of these sizes, again and again. */
function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const write = (bytes: Iterable<Buffer>, most = 2 ** 30) =>
  pipeline(
    Readable.from(bytes),
    new ArchiveWriter({ folder: join(folder, 'to'), mostBytes: most, ahead: join(folder, 'ahead') }),
  );

test('what is read is written, however the stream is cut, zeros or not', async () => {
  const page = fc.constantFrom<'zero' | 'byte' | 'full'>('zero', 'byte', 'full');
  const file = fc.record({
    pages: fc.array(page, { maxLength: 40 }),
    tail: fc.integer({ min: 0, max: PAGE_BYTES - 1 }),
  });
  const sizes = fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 4 }), sizes, async (files, cuts) => {
      rmSync(folder, { recursive: true, force: true });
      for (const [index, { pages, tail }] of files.entries()) {
        const parts = pages.map((kind) => {
          const bytes = Buffer.alloc(PAGE_BYTES, kind === 'full' ? index + 1 : 0);
          if (kind === 'byte') bytes[PAGE_BYTES - 1] = 1;
          return bytes;
        });
        put(`main/${index}/file`, Buffer.concat([...parts, Buffer.alloc(tail, 7)]));
      }
      await write(cut(await streamOf(['main']), cuts));
      for (const index of files.keys()) {
        const read = (end: string) => readFileSync(join(folder, end, 'main', String(index), 'file'));
        expect(read('to').equals(read('from'))).toBe(true);
      }
      const manifest = readFileSync(join(folder, 'to/main/manifest.json'), 'utf8');
      expect(JSON.parse(manifest).files).toEqual(await writeManifest(join(folder, 'to/main')));
    }),
    { numRuns: 60 },
  );
});

test('a file of several pieces has a hole where it is zero, and that is not sent', async () => {
  const bytes = Buffer.alloc(2 * PIECE_BYTES + 10);
  bytes.fill(5, PIECE_BYTES - 3 * PAGE_BYTES, PIECE_BYTES + 2 * PAGE_BYTES);
  put('main/pages', bytes);
  const stream = await streamOf(['main']);
  expect(stream.length).toBeLessThan(6 * PAGE_BYTES);
  await write([stream]);
  const written = join(folder, 'to/main/pages');
  expect(readFileSync(written).equals(bytes)).toBe(true);
  expect(statSync(written).blocks * 512).toBeLessThan(PIECE_BYTES);
});

test('a file that was sent ahead is taken from there, and vouched for with the others', async () => {
  put('main/small', Buffer.from('small'));
  const bytes = Buffer.alloc(3 * PAGE_BYTES, 9);
  const path = 'checkpoint/parent/pages-1.img';
  const sendAhead = (content: Buffer) => {
    mkdirSync(join(folder, 'ahead/main'), { recursive: true });
    writeFileSync(join(folder, 'ahead/main/pages-1.img'), content);
  };
  const stream = await streamOf(['main'], [{ path, sizeBytes: bytes.length, sha256: ['ab'] }]);
  expect(stream.length).toBeLessThan(1_000);
  const again = () => {
    rmSync(join(folder, 'to'), { recursive: true, force: true });
    return write([stream]);
  };
  sendAhead(bytes);
  // It is still there for another attempt.
  for (let attempt = 0; attempt < 2; attempt++) await again();
  expect(readFileSync(join(folder, 'to/main', path)).equals(bytes)).toBe(true);
  const manifest = JSON.parse(readFileSync(join(folder, 'to/main/manifest.json'), 'utf8'));
  expect(manifest.files.map((one: { path: string }) => one.path)).toEqual([path, 'small']);
  sendAhead(bytes.subarray(1));
  await expect(again()).rejects.toThrow(/is here with 12287 bytes, not 12288/);
});

test('a stream that ends anywhere but at its end is refused', async () => {
  put('main/a', Buffer.alloc(3 * PAGE_BYTES, 1));
  const stream = await streamOf(['main']);
  for (let end = 1; end < stream.length; end += 997) {
    rmSync(join(folder, 'to'), { recursive: true, force: true });
    await expect(write([stream.subarray(0, end)])).rejects.toThrow(/cut short/);
  }
});

test('more than there is room for, and what leads out of the archive, is refused', async () => {
  put('main/a', Buffer.alloc(PAGE_BYTES, 1));
  const stream = await streamOf(['main']);
  await expect(write([stream], PAGE_BYTES - 1)).rejects.toThrow(/there is room for 4095 bytes/);
  const header = JSON.stringify({ path: '../outside', sizeBytes: 0, isAhead: true });
  const length = Buffer.alloc(4);
  length.writeUInt32BE(header.length);
  await expect(write([Buffer.concat([length, Buffer.from(header)])])).rejects.toThrow(/leads out of the archive/);
  await expect(write([Buffer.alloc(64)])).rejects.toThrow(/no archive/);
});
