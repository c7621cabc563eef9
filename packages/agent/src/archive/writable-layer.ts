import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runProgram } from '../host/run-program.ts';

const TAR_MS = 120_000;

const deletedSchema = z.strictObject({ whiteouts: z.array(z.string()), opaque: z.array(z.string()) });

/** The overlay's upper folder of a container's root; null where it has none. Source: Linux, overlayfs. */
export async function upperFolderOf(pid: number): Promise<string | null> {
  const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8');
  const root = mounts.split('\n').find((line) => line.split(' ')[4] === '/');
  return root === undefined ? null : (/[, ]upperdir=([^,\s]+)/.exec(root)?.[1] ?? null);
}

/** Saves what a container has written to its root, and what it has deleted of its image, as the shim puts it back (`shim/files.go`). */
export async function saveWritableLayer(shim: string, upper: string, into: string): Promise<void> {
  const text = await runProgram([shim, 'restow-deleted', upper], { limitMs: TAR_MS });
  const { whiteouts, opaque } = deletedSchema.parse(JSON.parse(text));
  await writeFile(join(into, 'deleted.json'), JSON.stringify([...whiteouts, ...opaque]), { mode: 0o600 });
  await saveTree(upper, join(into, 'layer.tar'), whiteouts);
}

/** Everything below a folder with owners, modes and extended attributes. Sockets are made again by who has them open. */
export async function saveTree(folder: string, tar: string, without: readonly string[] = []): Promise<void> {
  const flags = ['--create', '--file', tar, '--directory', folder, '--numeric-owner', '--xattrs', '--xattrs-include=*'];
  const left = ['--xattrs-exclude=trusted.overlay.*', '--anchored', '--no-wildcards', '--exclude-from=-', '.'];
  const input = without.map((path) => `./${path}\n`).join('');
  await runProgram(['tar', ...flags, ...left], { limitMs: TAR_MS, input });
}
