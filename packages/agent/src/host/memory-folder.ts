import { mkdir, readFile } from 'node:fs/promises';
import { runProgram } from './run-program.ts';

const MOUNT_MS = 10_000;

/**
 * Makes the folder one of the kernel's memory, of so many bytes at most, that only root may enter; one that is there
 * already gets the new limit. Answers whether it can be swapped out: kernels before 6.4 do not know `noswap`. Source:
 * Linux, tmpfs.
 */
export async function mountInMemory(folder: string, mostBytes: number): Promise<{ readonly mayBeSwapped: boolean }> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const known = await mountOf(folder);
  const size = `size=${mostBytes}`;
  const mount = (options: string) =>
    runProgram(['mount', '-t', 'tmpfs', '-o', `${size},mode=0700${options}`, 'restow', folder], { limitMs: MOUNT_MS });
  if (known !== null) await runProgram(['mount', '-o', `remount,${size}`, folder], { limitMs: MOUNT_MS });
  else
    await mount(',noswap,huge=within_size')
      .catch(() => mount(',noswap'))
      .catch(() => mount(''));
  return { mayBeSwapped: !(await mountOf(folder))!.split(',').includes('noswap') };
}

/**
 * Whether files that grow get large pages too, which makes them several times as fast and lets every small file take as
 * much; others get them where their size is said beforehand. Only ever a help.
 */
export async function growInLargePages(folder: string, isWanted: boolean): Promise<void> {
  const huge = isWanted ? 'always' : 'within_size';
  await runProgram(['mount', '-o', `remount,huge=${huge}`, folder], { limitMs: MOUNT_MS }).catch(() => {});
}

/** The file system's own options; null where nothing is mounted. */
async function mountOf(folder: string): Promise<string | null> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((line) => line.split(' '));
  return mounts.findLast((fields) => fields[4] === folder)?.at(-1) ?? null;
}
