/** Source: CRIU, images/pagemap.proto and criu/include/image.h. */
const MAGIC_BYTES = 8;
const LENGTH_BYTES = 4;
const HEAD_PAGES_ID = 1;
const ENTRY_ADDRESS = 1;
/** Before CRIU 4, and 0 since then. */
const ENTRY_OLD_PAGES = 2;
const ENTRY_FLAGS = 4;
const ENTRY_PAGES = 5;
/** The pages are in the image below this one, which was taken before. */
export const IN_PARENT = 1;
/** The pages are in this image. */
export const IS_PRESENT = 4;

export interface PagemapEntry {
  /** Virtual address. */
  readonly at: number;
  readonly pages: number;
  readonly flags: number;
}

/** One of CRIU's `pagemap-*.img`: whose pages its `pages-*.img` has, in the order in which they are there. */
export interface PagemapImage {
  /** By which CRIU knows what kind of image it is. */
  readonly magic: Buffer;
  /** The image that has the pages: `pages-ID.img`. */
  readonly pagesId: number;
  readonly entries: readonly PagemapEntry[];
}

/** null: it is not understood. */
export function readPagemap(image: Buffer): PagemapImage | null {
  let pagesId: number | null = null;
  const entries: PagemapEntry[] = [];
  for (let at = MAGIC_BYTES; at + LENGTH_BYTES <= image.length; ) {
    const length = image.readUInt32LE(at);
    const fields = fieldsOf(image.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + length));
    if (fields === null) return null;
    at += LENGTH_BYTES + length;
    if (pagesId === null) {
      pagesId = fields.get(HEAD_PAGES_ID) ?? null;
      if (pagesId === null) return null;
      continue;
    }
    const address = fields.get(ENTRY_ADDRESS);
    const flags = fields.get(ENTRY_FLAGS);
    const pages = fields.get(ENTRY_PAGES);
    if (address === undefined || flags === undefined || pages === undefined) return null;
    entries.push({ at: address, pages, flags });
  }
  return pagesId === null ? null : { magic: image.subarray(0, MAGIC_BYTES), pagesId, entries };
}

export function writePagemap({ magic, pagesId, entries }: PagemapImage): Buffer {
  const messages = entries.map(({ at, pages, flags }) =>
    message([
      [ENTRY_ADDRESS, at],
      [ENTRY_OLD_PAGES, 0],
      [ENTRY_FLAGS, flags],
      [ENTRY_PAGES, pages],
    ]),
  );
  return Buffer.concat([magic, message([[HEAD_PAGES_ID, pagesId]]), ...messages]);
}

function message(fields: readonly (readonly [field: number, value: number])[]): Buffer {
  const bytes = fields.flatMap(([field, value]) => [...varint(field * 8), ...varint(value)]);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(bytes.length);
  return Buffer.concat([length, Buffer.from(bytes)]);
}

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

/** The numbers of one protobuf message by their fields; null when it has anything else. */
function fieldsOf(bytes: Buffer): ReadonlyMap<number, number> | null {
  const fields = new Map<number, number>();
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let factor = 1; at < bytes.length; factor *= 128) {
      const byte = bytes[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const key = number();
    const value = number();
    if (key % 8 !== 0 || Number.isNaN(value)) return null;
    fields.set(key / 8, value);
  }
  return fields;
}
