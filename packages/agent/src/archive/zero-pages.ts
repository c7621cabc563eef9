/** What is all zeros is not sent: processes have much memory that they have asked for and never written. */
export const PAGE_BYTES = 4096;
const ZEROS = Buffer.alloc(PAGE_BYTES);

export interface PackedPiece {
  /** A bit for each page of the piece, from the lowest of the first byte on; set: it is sent. */
  readonly sent: Buffer;
  /** The pages that are sent, one after the other. */
  readonly pages: Buffer;
}

/** How many bytes say which pages of a piece of so many bytes are sent. */
export function bitmapBytes(length: number): number {
  return Math.ceil(Math.ceil(length / PAGE_BYTES) / 8);
}

export function packPiece(piece: Buffer): PackedPiece {
  const sent = Buffer.alloc(bitmapBytes(piece.length));
  const runs: Buffer[] = [];
  let runFrom: number | null = null;
  for (let at = 0, page = 0; at < piece.length; at += PAGE_BYTES, page++) {
    const end = Math.min(at + PAGE_BYTES, piece.length);
    if (piece.compare(ZEROS, 0, end - at, at, end) === 0) {
      if (runFrom !== null) runs.push(piece.subarray(runFrom, at));
      runFrom = null;
    } else {
      sent[page >> 3]! |= 1 << (page & 7);
      runFrom ??= at;
    }
  }
  if (runFrom === 0) return { sent, pages: piece };
  if (runFrom !== null) runs.push(piece.subarray(runFrom));
  return { sent, pages: Buffer.concat(runs) };
}

export interface Run {
  readonly at: number;
  readonly length: number;
}

/** Where the pages belong that were sent of a piece that begins at `start`; neighbours are one run. */
export function runsOf(sent: Buffer, start: number, length: number): Run[] {
  const runs: Run[] = [];
  let from: number | null = null;
  const pages = Math.ceil(length / PAGE_BYTES);
  for (let page = 0; page <= pages; page++) {
    const isSent = page < pages && (sent[page >> 3]! & (1 << (page & 7))) !== 0;
    if (isSent) from ??= page;
    else if (from !== null) {
      const at = from * PAGE_BYTES;
      runs.push({ at: start + at, length: Math.min(page * PAGE_BYTES, length) - at });
      from = null;
    }
  }
  return runs;
}
