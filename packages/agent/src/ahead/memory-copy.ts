import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { packPiece, runsOf } from '../archive/zero-pages.ts';
import { innerPidOf, type MemoryRange, memoryOf } from './process-memory.ts';

const READ_BYTES = 4 * 2 ** 20;

/** A range of a process's memory, and where in the copy it is. */
export interface Part extends MemoryRange {
  readonly from: number;
}

/** What a process had in memory while it ran: nothing to restore from alone, but most of it will not change. */
export interface MemoryCopy {
  readonly file: string;
  readonly sizeBytes: number;
  /** By address. */
  readonly parts: readonly Part[];
}

/**
 * Reads the memory of running processes into files of a folder, named as CRIU would name its images of it. What goes
 * away meanwhile is left out. By the number by which a process knows itself.
 */
export async function copyMemory(pids: readonly number[], folder: string): Promise<ReadonlyMap<number, MemoryCopy>> {
  const copies = new Map<number, MemoryCopy>();
  for (const pid of pids) {
    const inner = await innerPidOf(pid).catch(() => null);
    if (inner === null) continue;
    const file = join(folder, `pages-${inner}.img`);
    const copy = await open(file, 'wx', 0o600);
    try {
      const parts = await copyProcess(pid, copy).catch(() => []);
      const sizeBytes = parts.reduce((sum, { length }) => sum + length, 0);
      copies.set(inner, { file, sizeBytes, parts });
    } finally {
      await copy.close();
    }
  }
  return copies;
}

async function copyProcess(pid: number, copy: FileHandle): Promise<readonly Part[]> {
  const parts: Part[] = [];
  let from = 0;
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const memory = await open(`/proc/${pid}/mem`);
  try {
    const ranges = await memoryOf(pid);
    // Said beforehand, it lies in large pages.
    await copy.truncate(ranges.reduce((sum, { length }) => sum + length, 0));
    for (const { at, length } of ranges) {
      let read = 0;
      while (read < length) {
        const wanted = Math.min(READ_BYTES, length - read);
        const { bytesRead } = await memory.read(buffer, 0, wanted, at + read).catch(() => ({ bytesRead: 0 }));
        if (bytesRead < wanted) break;
        // What is all zeros takes no room, here or there.
        const { sent } = packPiece(buffer.subarray(0, wanted));
        for (const run of runsOf(sent, 0, wanted)) await copy.write(buffer, run.at, run.length, from + read + run.at);
        read += wanted;
      }
      if (read > 0) parts.push({ at, length: read, from });
      from += read;
    }
    await copy.truncate(from);
  } finally {
    await memory.close();
  }
  return parts;
}
